#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/local_storage_map.hpp"

namespace ebpfkit {
namespace {

// The number is the same on all architectures but alpha. Older headers lack its name.
constexpr long pidfd_open_number = 434;

}  // namespace

result<storage_owner> storage_owner::process(pid_t id) {
  const auto opened = static_cast<int>(syscall(pidfd_open_number, id, 0));
  if (opened >= 0)
    return storage_owner(opened, true);
  const int code = errno;
  auto failure =
      detail::diagnose(detail::operation::open, detail::formatted("process %d", id), code);
  if (code == EINVAL)
    failure.remedy = "Give the id of the process, not that of one of its threads.";
  return failure;
}

result<storage_owner> storage_owner::path(const std::string& path) {
  const int opened = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (opened >= 0)
    return storage_owner(opened, true);
  return detail::diagnose_named(detail::operation::open, "file", path.c_str(), errno);
}

storage_owner::~storage_owner() {
  if (owns_ && descriptor_ >= 0)
    close(descriptor_);
}

}  // namespace ebpfkit
