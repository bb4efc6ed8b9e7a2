// The file that keeps the verifier's logs, if the user requests it.
#pragma once

#include <string>
#include <string_view>

#include "../system/unique_fd.hpp"
#include "ebpfkit/result.hpp"

struct bpf_object;

namespace ebpfkit::detail {

class verifier_log_file {
 public:
  // Opens and empties the file at `path`. If `path` is null, uses the file that the environment
  // variable EBPFKIT_VERIFIER_LOG names. If that is not set either, there is no file: the object
  // converts to false. Programs that run with more rights than their user ignore the variable.
  //
  // The log has kernel addresses, so only the user of this process may read the file. Refuses
  // everything but a regular file of this user without a second name. Replaces a file that others
  // can read.
  result<void> open(const char* path);

  explicit operator bool() const noexcept { return static_cast<bool>(file_); }

  // Makes libbpf keep the log of each program, except where the application has set the program's
  // log level.
  static void request_logs(bpf_object* object, unsigned level);

  // Writes all verifier logs in `printed`, which is what libbpf printed during the load.
  result<void> write(std::string_view printed) const;

 private:
  std::string path_;
  unique_fd file_;
};

}  // namespace ebpfkit::detail
