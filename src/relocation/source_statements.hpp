// Source files, for what line_info does not have: it has one line of each statement.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::host {

// The lines of a source file. A relative name is looked for in `directories`, and in the eight
// directories above each. Empty: there is no such file, or it is larger than a source (16 MiB).
std::vector<std::string> read_source_lines(const std::filesystem::path& name,
                                           const std::vector<std::filesystem::path>& directories);

// The directories where the sources of an object are looked for: the current one, and the object's.
std::vector<std::filesystem::path> source_directories_of(const std::filesystem::path& object);

// Finds statements that take several lines.
class source_statements {
 public:
  explicit source_statements(std::vector<std::filesystem::path> directories)
      : directories_(std::move(directories)) {}

  // Returns the text from this line to the end of its statement, with blanks for line breaks: up to
  // the line that closes all parentheses and does not end with an operator. `text` is the line as
  // line_info has it. Returns `text` when the statement ends there, when there is no such file, and
  // when the file's line is another one: the source has changed. Reads each file once.
  std::string statement(std::string_view file, std::uint32_t line, std::string_view text);

 private:
  std::vector<std::filesystem::path> directories_;
  std::map<std::string, std::vector<std::string>, std::less<>> files_;
};

}  // namespace ebpfkit::host
