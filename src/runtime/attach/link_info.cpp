#include "ebpfkit/link_info.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/text.hpp"
#include "ebpfkit/link.hpp"

namespace ebpfkit {
namespace {

// struct bpf_link_info of Linux 6.18. The kernel ignores what it does not know.
struct raw_link_info {
  std::uint32_t type;
  std::uint32_t id;
  std::uint32_t program_id;
  std::uint32_t padding;
  union {
    struct {
      std::uint64_t name;
      std::uint32_t name_size;
      std::uint32_t zero;
      std::uint64_t cookie;
    } raw_tracepoint;
    struct {
      std::uint32_t attach_type;
      std::uint32_t target_id;
      std::uint32_t target_type_id;
      std::uint32_t zero;
      std::uint64_t cookie;
    } tracing;
    struct {
      std::uint64_t cgroup_id;
      std::uint32_t attach_type;
    } cgroup;
    struct {
      std::uint64_t name;
      std::uint32_t name_size;
      std::uint32_t map_id;
      std::uint64_t cgroup_id;  // of tasks: two numbers of 32 bits, thread and process
    } iterator;
    struct {
      std::uint32_t first;  // namespace, interface or map
      std::uint32_t attach_type;
    } pair;  // netns, xdp, tcx, netkit, struct_ops, sockmap
    struct {
      std::uint32_t family;
      std::uint32_t hook;
      std::int32_t priority;
      std::uint32_t flags;
    } netfilter;
    struct {
      std::uint64_t addresses;
      std::uint32_t count;
      std::uint32_t flags;
      std::uint64_t missed;
      std::uint64_t cookies;
    } kprobe_multi;
    struct {
      std::uint64_t path;
      std::uint64_t offsets;
      std::uint64_t reference_offsets;
      std::uint64_t cookies;
      std::uint32_t path_size;
      std::uint32_t count;
      std::uint32_t flags;
      std::uint32_t process;
    } uprobe_multi;
    struct {
      std::uint32_t kind;  // enum bpf_perf_event_type
      std::uint32_t zero;
      std::uint64_t name;  // of an event: its configuration
      std::uint32_t name_size;
      std::uint32_t offset;
      std::uint64_t last[3];  // uprobe: cookie; kprobe: address, missed, cookie; others: see below
    } perf_event;
    std::uint64_t longest[8];
  } of;
};
static_assert(sizeof(raw_link_info) == 80);

// Older headers lack the later ones.
enum bpf_link_types : std::uint32_t {
  raw_tracepoint_type = 1,
  tracing_type = 2,
  cgroup_type = 3,
  iterator_type = 4,
  netns_type = 5,
  xdp_type = 6,
  perf_event_type = 7,
  kprobe_multi_type = 8,
  struct_ops_type = 9,
  netfilter_type = 10,
  tcx_type = 11,
  uprobe_multi_type = 12,
  netkit_type = 13,
  sockmap_type = 14,
};

// The names of hooks are shorter; the paths of files may be as long (PATH_MAX). The kernel ends
// what it copies with a zero, also when it cuts it (ENOSPC).
constexpr std::uint32_t name_size = 4096;
using name_memory = std::array<char, name_size>;

// Asks for the name, too: most types need memory for it before the kernel is asked. Returns 0 or an
// errno.
int ask(int fd, raw_link_info& info, name_memory& name) {
  const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(name.data()));
  const auto ask_once = [&] {
    std::uint32_t size = sizeof(info);
    return bpf_obj_get_info_by_fd(fd, reinterpret_cast<bpf_link_info*>(&info), &size) == 0 ? 0
                                                                                           : errno;
  };
  if (const int code = ask_once(); code != 0)
    return code;
  const auto known = info;
  info = {};
  switch (known.type) {
    case raw_tracepoint_type:
      info.of.raw_tracepoint.name = address;
      info.of.raw_tracepoint.name_size = name_size;
      break;
    case iterator_type:
      info.of.iterator.name = address;
      info.of.iterator.name_size = name_size;
      break;
    case uprobe_multi_type:
      info.of.uprobe_multi.path = address;
      info.of.uprobe_multi.path_size = name_size;
      break;
    case perf_event_type:
      if (known.of.perf_event.kind < 1 || known.of.perf_event.kind > 5) {
        info = known;
        return 0;
      }
      info.of.perf_event.name = address;
      info.of.perf_event.name_size = name_size;
      break;
    default:
      info = known;
      return 0;
  }
  const int code = ask_once();
  return code == ENOSPC ? 0 : code;
}

perf_event_place perf_event_place_of(const raw_link_info& info, std::string name) {
  using kind = perf_event_place::kind;
  perf_event_place place;
  const auto& raw = info.of.perf_event;
  place.what = raw.kind <= 6 ? static_cast<kind>(raw.kind) : kind::unknown;
  switch (place.what) {
    case kind::uprobe:
    case kind::uretprobe:
      place.offset = raw.offset;
      place.cookie = raw.last[0];
      break;
    case kind::kprobe:
    case kind::kretprobe:
      place.offset = raw.offset;
      place.cookie = raw.last[2];
      break;
    case kind::tracepoint:
      place.cookie = raw.last[0];
      break;
    case kind::event:
      place.offset = raw.name;
      place.cookie = raw.last[0];
      return place;
    case kind::unknown:
      return place;
  }
  place.name = std::move(name);
  return place;
}

iterator_place iterator_place_of(const raw_link_info& info, std::string name) {
  iterator_place place;
  place.map_id = info.of.iterator.map_id;
  if (name == "cgroup") {
    place.cgroup_id = info.of.iterator.cgroup_id;
  } else if (name.compare(0, 4, "task") == 0) {
    std::uint32_t task[2];
    memcpy(task, &info.of.iterator.cgroup_id, sizeof(task));
    place.thread = task[0];
    place.process = task[1];
  }
  place.target = std::move(name);
  return place;
}

void describe(link_info& described, const raw_link_info& info, std::string name) {
  auto& place = described.place;
  const auto& pair = info.of.pair;
  switch (info.type) {
    case raw_tracepoint_type:
      place = raw_tracepoint_place{std::move(name), info.of.raw_tracepoint.cookie};
      break;
    case tracing_type:
      place = tracing_place{info.of.tracing.attach_type, info.of.tracing.target_id,
                            info.of.tracing.target_type_id, info.of.tracing.cookie};
      break;
    case cgroup_type:
      place = cgroup_place{info.of.cgroup.cgroup_id, info.of.cgroup.attach_type};
      break;
    case iterator_type:
      place = iterator_place_of(info, std::move(name));
      break;
    case netns_type:
      place = netns_place{pair.first, pair.attach_type};
      break;
    case xdp_type:
      place = xdp_place{pair.first};
      break;
    case perf_event_type:
      place = perf_event_place_of(info, std::move(name));
      break;
    case kprobe_multi_type:
      place = kprobe_multi_place{info.of.kprobe_multi.count, (info.of.kprobe_multi.flags & 1) != 0,
                                 info.of.kprobe_multi.missed};
      break;
    case struct_ops_type:
      place = struct_ops_place{pair.first};
      break;
    case netfilter_type:
      place = netfilter_place{info.of.netfilter.family, info.of.netfilter.hook,
                              info.of.netfilter.priority, (info.of.netfilter.flags & 1) != 0};
      break;
    case tcx_type:
      place = tcx_place{pair.first, pair.attach_type};
      break;
    case uprobe_multi_type:
      place =
          uprobe_multi_place{std::move(name), info.of.uprobe_multi.count,
                             (info.of.uprobe_multi.flags & 1) != 0, info.of.uprobe_multi.process};
      break;
    case netkit_type:
      place = netkit_place{pair.first, pair.attach_type};
      break;
    case sockmap_type:
      place = sockmap_place{pair.first, pair.attach_type};
      break;
    default:
      break;
  }
}

}  // namespace

result<link_info> link_info::of_fd(int link_fd) {
  raw_link_info info{};
  name_memory name{};
  char buffer[64];
  // The kernel also tells about maps and programs, in other structs. Ask /proc; without it,
  // believe.
  const auto target = detail::descriptor_target(link_fd, buffer);
  const bool is_other = target == "anon_inode:bpf-map" || target == "anon_inode:bpf-prog" ||
                        target == "anon_inode:btf";
  const int code = link_fd < 0 ? EBADF : is_other ? EINVAL : ask(link_fd, info, name);
  if (code != 0)
    return detail::diagnose_worded(
        "read", detail::formatted("the information on the link of file descriptor %d", link_fd),
        code,
        code == EINVAL  ? "It is no link, or the kernel is older than Linux 5.8."
        : code == EBADF ? "It is no open file descriptor."
                        : "");
  name.back() = '\0';
  link_info described;
  described.id = info.id;
  described.program_id = info.program_id;
  described.type = info.type;
  describe(described, info, name.data());
  return described;
}

result<link_info> link::info() const {
  if (kind_ == link_kind::bpf_link)
    return link_info::of_fd(fd());
  return detail::diagnose_worded("read", "the information on " + text(), EOPNOTSUPP,
                                 "The kernel has information only on a bpf_link of one place.");
}

}  // namespace ebpfkit
