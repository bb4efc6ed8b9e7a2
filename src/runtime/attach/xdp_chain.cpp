#include "xdp_chain.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../system/kernel_errno.hpp"
#include "../system/loaded_program.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "missing_interface.hpp"

namespace ebpfkit::detail {
namespace {

// What is attached to an interface, beside a program that runs on the device.
struct attached_xdp {
  std::uint32_t id = 0;
  unsigned mode_flags = 0;
};

int find_attached(unsigned index, attached_xdp& found) {
  bpf_xdp_query_opts answer{};
  answer.sz = sizeof(answer);
  if (const int code = bpf_xdp_query(static_cast<int>(index), 0, &answer); code != 0)
    return -code;
  if (answer.drv_prog_id != 0)
    found = {answer.drv_prog_id, XDP_FLAGS_DRV_MODE};
  else
    found = {answer.skb_prog_id, answer.skb_prog_id != 0 ? XDP_FLAGS_SKB_MODE : 0U};
  return 0;
}

xdp_chain_failure not_a_chain(std::uint32_t id) {
  return {EBUSY, formatted("The %s is attached there, and is no dispatcher of a chain: detach it "
                           "first (bpftool net, bpftool link), or attach it to the chain, too.",
                           loaded_program_text(id).c_str())};
}

xdp_chain_failure unreadable(std::uint32_t id, int code) {
  if (code == ENOENT)
    return not_a_chain(id);
  if (code == EPROTONOSUPPORT)
    return {code, formatted("The %s there is a dispatcher of another version of libxdp's protocol "
                            "than 2 and 3: detach its programs with the tool that attached them.",
                            loaded_program_text(id).c_str())};
  if (code == EINVAL)
    return {code, formatted("The settings of the %s there are damaged: detach it (xdp-loader "
                            "unload --all, ip link set dev ... xdp off).",
                            loaded_program_text(id).c_str())};
  return {code};
}

xdp_chain_failure no_pins(const std::string& path, int code) {
  return {code, formatted("A chain is attached there, but '%s' has no such pins: it was made with "
                          "another BPF file system (LIBXDP_BPFFS, mount namespaces), or somebody "
                          "removed them.",
                          path.c_str())};
}

// Waits until no packet runs in a dispatcher that was exchanged before. A packet that is in it
// would otherwise miss the programs whose links go with the dispatcher. membarrier(2) waits for a
// grace period of RCU (kernel/sched/membarrier.c), and XDP programs run in read-side critical
// sections. Where it cannot (nohz_full=), a packet in flight may miss them, as it may with libxdp.
void wait_for_packets() {
  syscall(SYS_membarrier, 1, 0, 0);  // MEMBARRIER_CMD_GLOBAL
}

std::string freplace_chain_remedy(int code) {
  if (auto old = if_older_than({5, 10}, "XDP chains"); !old.empty())
    return old;
  if (code == ENOTSUP || code == kernel_enotsupp)
    return "The running kernel cannot replace functions of BPF programs on this architecture.";
  if (code == EINVAL)
    return "The running kernel has no freplace programs (CONFIG_DEBUG_INFO_BTF, CONFIG_BPF_JIT), "
           "or the program is not `int name(struct xdp_md*)`.";
  return {};
}

}  // namespace

void insert_by_priority(std::vector<xdp_chain_member>& members, xdp_chain_member added) {
  const auto runs_before = [](const xdp_chain_member& a, const xdp_chain_member& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.name < b.name;
  };
  // libxdp sorts what it reads; a chain that is out of order stays so.
  const auto place = std::upper_bound(members.begin(), members.end(), added, runs_before);
  members.insert(place, std::move(added));
}

xdp_dispatcher_settings settings_of(const std::vector<xdp_chain_member>& members) {
  xdp_dispatcher_settings settings;
  settings.count = static_cast<std::uint8_t>(members.size());
  settings.has_fragments = 1;
  for (std::size_t i = 0; i < members.size() && i < most_xdp_chain_programs; ++i) {
    settings.actions[i] = members[i].actions | 1U << xdp_empty_slot;
    settings.priorities[i] = members[i].priority;
    settings.flags[i] = members[i].flags;
    // A program without frags would misread a frame of several buffers.
    if (members[i].flags == 0)
      settings.has_fragments = 0;
  }
  return settings;
}

xdp_chain::xdp_chain(const network_interface& interface)
    : interface_(interface), index_(interface.index()), pins_(index_) {}

xdp_chain_failure xdp_chain::open(bool change) {
  if (auto missing = if_missing(interface_); !missing.empty())
    return {ENODEV, std::move(missing)};
  const int locked = pins_.lock(change);
  if (locked != 0 && change)
    return {locked, locked == ENOENT
                        ? formatted("'%s' needs a BPF file system: mount -t bpf bpf /sys/fs/bpf.",
                                    xdp_chain_directory().c_str())
                        : std::string()};
  attached_xdp found;
  if (const int code = find_attached(index_, found); code != 0)
    return {code};
  if (locked == 0)
    pins_.settle(found.id);
  if (found.id == 0)
    return {};
  dispatcher_ = unique_fd(bpf_prog_get_fd_by_id(found.id));
  if (!dispatcher_)
    return {dispatcher_.code()};
  xdp_dispatcher_settings settings;
  if (const int code = read_xdp_dispatcher(dispatcher_.get(), settings); code != 0)
    return unreadable(found.id, code);
  attached_ = found.id;
  mode_flags_ = found.mode_flags;
  protocol_ = settings.version;
  is_device_bound_ = settings.is_device_bound != 0;
  if (locked == ENOENT)
    return no_pins(pins_.path_of(attached_), locked);
  if (locked != 0)
    return {locked};
  return read_members(settings);
}

xdp_chain_failure xdp_chain::read_members(const xdp_dispatcher_settings& settings) {
  for (std::size_t i = 0; i < settings.count; ++i) {
    xdp_chain_member member;
    member.program = pins_.open_program(attached_, i);
    if (!member.program)
      return no_pins(pins_.path_of(attached_), member.program.code());
    auto loaded = loaded_program_of(member.program.get());
    member.id = loaded.id;
    member.name = std::move(loaded.name);
    member.priority = settings.priorities[i];
    member.actions = settings.actions[i] & ~(1U << xdp_empty_slot);
    member.flags = settings.flags[i];
    members_.push_back(std::move(member));
  }
  return {};
}

xdp_chain_failure xdp_chain::choose_mode(xdp_mode mode) {
  if (mode == xdp_mode::offload)
    return {EINVAL, "A chain runs on the host, not on the device: take another xdp_mode."};
  if (mode == xdp_mode::automatic)
    return {};
  const unsigned wanted = mode == xdp_mode::native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  if (attached_ != 0 && wanted != mode_flags_)
    return {EBUSY, formatted("The chain runs there in %s mode: take that or xdp_mode::automatic.",
                             mode_flags_ == XDP_FLAGS_DRV_MODE ? "native" : "generic")};
  mode_flags_ = wanted;
  return {};
}

xdp_chain_failure xdp_chain::choose_protocol(unsigned version) {
  if (!is_known_xdp_protocol(version))
    return {EINVAL,
            formatted("xdp_chain_options::protocol is %u: EbpfKit knows 2 and 3.", version)};
  if (attached_ == 0)
    protocol_ = static_cast<std::uint8_t>(version);
  return {};
}

xdp_chain_failure xdp_chain::pin_members(const loaded_xdp_dispatcher& made, std::uint32_t id) {
  if (const int code = pins_.make_unsettled(id); code != 0)
    return {code};
  for (std::size_t i = 0; i < members_.size(); ++i) {
    bpf_link_create_opts options{};
    options.sz = sizeof(options);
    options.target_btf_id = made.slots[i];
    const unique_fd linked(bpf_link_create(members_[i].program.get(), made.program.get(),
                                           static_cast<bpf_attach_type>(0), &options));
    if (!linked)
      return {linked.code(), freplace_chain_remedy(linked.code())};
    if (const int code = pins_.pin(id, i, members_[i].program.get(), linked.get()); code != 0)
      return {code};
  }
  return {};
}

xdp_chain_failure xdp_chain::put_in_place(int new_fd) {
  if (attached_ != 0) {
    if (const int code = pins_.unsettle(attached_); code != 0)
      return {code};
  }
  bpf_xdp_attach_opts options{};
  options.sz = sizeof(options);
  options.old_prog_fd = dispatcher_.get();
  const unsigned flags =
      mode_flags_ | (attached_ != 0 ? XDP_FLAGS_REPLACE : XDP_FLAGS_UPDATE_IF_NOEXIST);
  const int code =
      bpf_xdp_attach(static_cast<int>(index_), new_fd, flags, attached_ != 0 ? &options : nullptr);
  if (code == 0)
    return {};
  attached_xdp now;
  has_changed_ = find_attached(index_, now) == 0 && now.id != attached_;
  xdp_chain_failure failure{-code};
  if (failure.code == EBUSY && !has_changed_)
    failure.remedy = "A bpf_link of another program holds the dispatcher there.";
  else if (failure.code == EOPNOTSUPP && mode_flags_ == XDP_FLAGS_DRV_MODE)
    failure.remedy = "Its driver has no native XDP: use xdp_mode::generic, or xdp_mode::automatic.";
  else if (failure.code == EOPNOTSUPP || failure.code == ERANGE || failure.code == EINVAL)
    failure.remedy =
        "The driver refuses the chain in native mode (number of queues, LRO, or an MTU that needs "
        "SEC(\"xdp.frags\") for every program of the chain): xdp_mode::generic works with any "
        "driver.";
  return failure;
}

xdp_chain_failure xdp_chain::exchange() {
  loaded_xdp_dispatcher made;
  std::uint32_t id = 0;
  xdp_chain_failure failure;
  if (!members_.empty()) {
    if (is_device_bound_)
      return {EOPNOTSUPP,
              "The programs of the chain there are bound to the device, which only libxdp "
              "can do: change it with xdp-loader."};
    auto settings = settings_of(members_);
    settings.version = protocol_;
    made = load_xdp_dispatcher(settings);
    if (!made.program)
      return {made.program.code(), freplace_chain_remedy(made.program.code()),
              std::move(made.verifier_log)};
    id = loaded_program_of(made.program.get()).id;
    failure = pin_members(made, id);
  }
  if (!failure) {
    failure = put_in_place(members_.empty() ? -1 : made.program.get());
    if (!failure && attached_ != 0)
      wait_for_packets();
  }
  attached_xdp now;
  if (find_attached(index_, now) == 0)
    pins_.settle(now.id);
  return failure;
}

}  // namespace ebpfkit::detail
