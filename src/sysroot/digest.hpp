// SHA-256 of files and of lists of facts.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// A text that grows fact by fact, and its SHA-256. Two different lists of facts never make the same
// text.
class fact_digest {
 public:
  void add(std::string_view label, std::string_view value);

  // Returns the SHA-256 in lower-case hexadecimal.
  std::string hex() const;

 private:
  std::string text_;
};

// Returns the SHA-256 of the file in lower-case hexadecimal. Reads it in pieces, because it may be
// large. Throws `failure` with the path and errno's text.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace ebpfkit::host
