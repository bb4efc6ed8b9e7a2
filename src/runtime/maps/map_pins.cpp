// Pins of maps in BPF file systems.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/bpf_file_system.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "ebpfkit/untyped_map.hpp"
#include "map_difference.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;
using detail::unique_fd;

// What is wrong with the path of a pin. Empty when nothing is wrong.
std::string path_remedy(const std::string& path, int code) {
  auto remedy = detail::pin_path_remedy(path);
  if (remedy.empty() && code == EEXIST)
    remedy = formatted("'%s' exists: unpin that map first, or reuse it.", path.c_str());
  return remedy;
}

ebpfkit::error pin_failure(detail::operation operation, const char* map, const std::string& path,
                           int code, std::string log = {}) {
  auto failure = detail::diagnose(operation, detail::quoted("map", map), code, std::move(log));
  auto remedy = code == EBADF || code == -EBADF ? std::string() : path_remedy(path, failure.code);
  if (!remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

// bpf_obj_get() does not say whether it opened a map, a program or a link. Ask /proc. Without
// /proc, assume a map.
bool is_map(int fd) {
  char buffer[64];
  const auto target = detail::descriptor_target(fd, buffer);
  return target.empty() || target.find("bpf-map") != std::string_view::npos;
}

result<bpf_map_info> describe(detail::operation operation, const char* map, const std::string& path,
                              int fd) {
  if (!is_map(fd)) {
    auto failure = detail::diagnose(operation, detail::quoted("map", map), EINVAL);
    failure.remedy = formatted("'%s' pins a program or link, not a map.", path.c_str());
    return failure;
  }
  bpf_map_info info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return detail::diagnose(operation, detail::quoted("map", map), errno);
  return info;
}

}  // namespace

result<void> untyped_map::pin(const std::string& path) {
  if (fd() < 0)
    return failed(detail::operation::pin, EBADF);
  const char* known = bpf_map__pin_path(map_);
  const std::string before = known ? known : "";
  detail::log_capture log;
  // When somebody else has removed the pin, libbpf still believes that the map is pinned, and
  // bpf_map__pin() does nothing.
  const bool has_lost_pin = bpf_map__is_pinned(map_) && access(before.c_str(), F_OK) != 0;
  const int code = has_lost_pin ? -detail::pin_at(fd(), path) : bpf_map__pin(map_, path.c_str());
  if (code == 0)
    return {};
  auto failure = pin_failure(detail::operation::pin, name(), path, code, log.take());
  if (before.empty())
    bpf_map__set_pin_path(map_, nullptr);  // libbpf keeps the path even when it fails to pin
  else if (path != before && !has_lost_pin)
    failure.remedy = formatted("The map is pinned at '%s': unpin it first.", before.c_str());
  return failure;
}

result<void> untyped_map::unpin(const std::string& path) {
  if (fd() < 0)
    return failed(detail::operation::unpin, EBADF);
  const unique_fd pinned(bpf_obj_get(path.c_str()));
  if (!pinned)
    return pin_failure(detail::operation::unpin, name(), path, errno);
  const auto there = describe(detail::operation::unpin, name(), path, pinned.get());
  if (!there)
    return there.error();
  const auto here = describe(detail::operation::unpin, name(), path, fd());
  if (!here)
    return here.error();
  if (there->id != here->id) {
    auto failure = failed(detail::operation::unpin, EINVAL);
    failure.remedy =
        formatted("'%s' is the pin of another map. That map has the id %u, this one has the id %u.",
                  path.c_str(), there->id, here->id);
    return failure;
  }
  // libbpf remembers one path, and does not know other pins of the map.
  const char* known = bpf_map__pin_path(map_);
  if (!known || path != known)
    return unlink(path.c_str()) == 0 ? result<void>()
                                     : pin_failure(detail::operation::unpin, name(), path, errno);
  detail::log_capture log;
  if (const int code = bpf_map__unpin(map_, path.c_str()))
    return pin_failure(detail::operation::unpin, name(), path, code, log.take());
  bpf_map__set_pin_path(map_, nullptr);
  return {};
}

result<bool> untyped_map::reuse_pinned(const std::string& path) {
  if (fd() >= 0) {
    auto failure = failed(detail::operation::reuse, EBUSY);
    failure.remedy =
        "The map is in the kernel already. Reuse a pinned map before the load, and only once.";
    return failure;
  }
  const unique_fd pinned(bpf_obj_get(path.c_str()));
  if (!pinned)
    return errno == ENOENT ? result<bool>(false)
                           : pin_failure(detail::operation::reuse, name(), path, errno);
  const auto info = describe(detail::operation::reuse, name(), path, pinned.get());
  if (!info)
    return info.error();
  if (const auto found = detail::map_difference(*info, map_); !found.empty()) {
    auto failure = failed(detail::operation::reuse, EINVAL);
    failure.remedy =
        formatted("The map pinned at '%s' has %s. Make the two maps equal, or remove the pin.",
                  path.c_str(), found.c_str());
    return failure;
  }
  detail::log_capture log;
  if (const int code = bpf_map__reuse_fd(map_, pinned.get()))
    return pin_failure(detail::operation::reuse, name(), path, code, log.take());
  // A map declared with LIBBPF_PIN_BY_NAME has a pin path. The load would use the map that is
  // pinned there instead of this one.
  bpf_map__set_pin_path(map_, nullptr);
  return true;
}

result<bool> untyped_map::reuse_or_pin(const std::string& path) {
  auto reused = reuse_pinned(path);
  if (!reused || *reused)
    return reused;
  // Check the path now, because load() could report only what libbpf logs.
  if (!detail::is_in_bpf_file_system(path))
    return pin_failure(detail::operation::pin, name(), path, ENOENT);
  if (const int code = bpf_map__set_pin_path(map_, path.c_str()))
    return pin_failure(detail::operation::pin, name(), path, code);
  return false;
}

}  // namespace ebpfkit
