#include "ebpfkit/loaded_objects.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../errors/worded_diagnosis.hpp"
#include "../system/running_kernel.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit {
namespace {

// The part of a name that the kernel keeps.
std::string kernel_name(const std::string& name) {
  constexpr std::size_t longest = BPF_OBJ_NAME_LEN - 1;
  return name.size() <= longest ? name : std::string(name.data(), longest);
}

// Reads everything for whose ids `next` asks. `read` gives the information on one id.
template <class Info, class Next, class Read>
result<std::vector<Info>> all_of(const char* kind, kernel_version since, Next next, Read read) {
  std::vector<Info> found;
  std::uint32_t id = 0;
  while (next(id, &id) == 0) {
    auto told = read(id);
    if (told)
      found.push_back(*std::move(told));
    else if (told.error().code != ENOENT)  // it went since
      return told.error();
  }
  if (errno == ENOENT)
    return found;
  const int code = errno;
  return detail::diagnose_worded("list", kind, code,
                                 code == EPERM
                                     ? "Looking at what others loaded takes CAP_SYS_ADMIN."
                                     : detail::if_older_than(since, "Listing them"));
}

template <class Info, class Wanted>
result<std::vector<Info>> only(result<std::vector<Info>> all, Wanted wanted) {
  if (!all)
    return all;
  std::vector<Info> found;
  for (auto& each : *all) {
    if (wanted(each))
      found.push_back(std::move(each));
  }
  return found;
}

result<link_info> link_of_id(std::uint32_t id) {
  const detail::unique_fd opened(bpf_link_get_fd_by_id(id));
  if (opened)
    return link_info::of_fd(opened.get());
  // A link without an attachment yet, or any more, gives EAGAIN or ENOENT.
  const int code = opened.code() == EAGAIN ? ENOENT : opened.code();
  return detail::diagnose_worded("open", "a link", code);
}

}  // namespace

result<std::vector<program_info>> loaded_programs() {
  return all_of<program_info>("programs", {4, 13}, bpf_prog_get_next_id, program_info::of_id);
}

result<std::vector<map_info>> loaded_maps() {
  return all_of<map_info>("maps", {4, 13}, bpf_map_get_next_id, map_info::of_id);
}

result<std::vector<link_info>> loaded_links() {
  return all_of<link_info>("links", {5, 8}, bpf_link_get_next_id, link_of_id);
}

result<std::vector<btf_info>> loaded_btf_objects() {
  return all_of<btf_info>("BTF objects", {5, 4}, bpf_btf_get_next_id, btf_info::of_id);
}

result<std::vector<program_info>> loaded_programs_named(const std::string& name) {
  return only(loaded_programs(),
              [wanted = kernel_name(name)](const auto& each) { return each.name == wanted; });
}

result<std::vector<program_info>> loaded_programs_tagged(const std::string& tag) {
  return only(loaded_programs(), [&tag](const auto& each) { return each.tag == tag; });
}

result<std::vector<map_info>> loaded_maps_named(const std::string& name) {
  return only(loaded_maps(),
              [wanted = kernel_name(name)](const auto& each) { return each.name == wanted; });
}

result<run_time_statistics> run_time_statistics::enable() {
  const int opened = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (opened >= 0)
    return run_time_statistics(opened);
  const int code = errno;
  return detail::diagnose_worded(
      "enable", "run time statistics", code,
      code == EPERM ? "It takes CAP_SYS_ADMIN."
                    : detail::if_older_than({5, 8}, "Run time statistics by a descriptor"));
}

run_time_statistics::run_time_statistics(run_time_statistics&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

run_time_statistics& run_time_statistics::operator=(run_time_statistics&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

run_time_statistics::~run_time_statistics() {
  if (fd_ >= 0)
    close(fd_);
}

}  // namespace ebpfkit
