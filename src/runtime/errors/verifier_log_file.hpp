// The file that keeps the verifier's logs, on request.
#pragma once

#include <string>
#include <string_view>

#include "../system/unique_fd.hpp"
#include "ebpfkit/result.hpp"

struct bpf_object;

namespace ebpfkit::detail {

class verifier_log_file {
 public:
  // Opens, and empties, the file that the application or, where that names none (null), the
  // environment variable EBPFKIT_VERIFIER_LOG names. Without either the file is none (false).
  result<void> open(const char* path);

  explicit operator bool() const noexcept { return static_cast<bool>(file_); }

  // Makes libbpf keep the log of each program, unless the application has set the program's level.
  static void request_logs(bpf_object* object, unsigned level);

  // Writes the logs of all programs that `printed`, libbpf's output of the load, has.
  result<void> write(std::string_view printed) const;

 private:
  std::string path_;
  unique_fd file_;
};

}  // namespace ebpfkit::detail
