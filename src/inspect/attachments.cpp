#include "inspect/attachments.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "inspect/device_chains.hpp"
#include "inspect/loaded_objects.hpp"
#include "inspect/mounts.hpp"
#include "inspect/owners.hpp"
#include "inspect/pins.hpp"
#include "inspect/tc_filters.hpp"
#include "inspect/xdp_chains.hpp"
#include "ebpfkit/attach_options.hpp"
#include "runtime/attach/clsact.hpp"
#include "runtime/attach/xdp_chain.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace fs = std::filesystem;

namespace {

struct free_interfaces {
  void operator()(struct if_nameindex* list) const { ::if_freenameindex(list); }
};

attached_program attached_to(attachment_kind kind, std::uint32_t program_id, std::string target) {
  attached_program attached;
  attached.kind = kind;
  attached.program_id = program_id;
  attached.target = std::move(target);
  return attached;
}

bool has_link(const std::vector<loaded_link>& links, std::string_view type, std::uint32_t program,
              std::string_view target) {
  return std::any_of(links.begin(), links.end(), [&](const auto& link) {
    return link.type == type && link.program_id == program && link.target == target;
  });
}

void find_xdp(std::uint32_t interface, const std::string& name,
              const std::vector<loaded_link>& links, std::vector<attached_program>& found) {
  bpf_xdp_query_opts answer{};
  answer.sz = sizeof answer;
  if (bpf_xdp_query(static_cast<int>(interface), 0, &answer) != 0)
    return;
  struct mode {
    std::uint32_t program;
    std::uint32_t flags;
    const char* word;
  };
  for (const auto& [program, flags, word] :
       {mode{answer.skb_prog_id, XDP_FLAGS_SKB_MODE, "generic"},
        mode{answer.drv_prog_id, XDP_FLAGS_DRV_MODE, "native"},
        mode{answer.hw_prog_id, XDP_FLAGS_HW_MODE, "offload"}}) {
    if (program == 0 || has_link(links, "xdp", program, name))
      continue;
    auto attached = attached_to(attachment_kind::xdp, program, fmt::format("{} ({})", name, word));
    attached.interface_index = interface;
    attached.xdp_flags = flags;
    attached.is_in_chain = is_xdp_dispatcher(program);
    found.push_back(std::move(attached));
  }
}

void find_filters(std::uint32_t interface, const std::string& name,
                  std::vector<attached_program>& found) {
  for (const auto& filter : read_tc_filters(interface)) {
    auto attached = attached_to(
        attachment_kind::tc, filter.program_id,
        fmt::format("{} of {}, priority {}, handle {:#x}", filter.is_ingress ? "ingress" : "egress",
                    name, filter.priority, filter.handle));
    attached.interface_index = interface;
    attached.is_ingress = filter.is_ingress;
    attached.handle = filter.handle;
    attached.priority = filter.priority;
    found.push_back(std::move(attached));
  }
}

void find_in_chains(std::uint32_t interface, const std::string& name,
                    const std::vector<loaded_link>& links, std::vector<attached_program>& found) {
  for (const auto& chained : read_device_chains(interface)) {
    const auto kind = is_tcx_hook(chained.hook) ? attachment_kind::tcx : attachment_kind::netkit;
    auto target = device_hook_text(chained.hook, name);
    if (has_link(links, attachment_word(kind), chained.program_id, target))
      continue;
    auto attached = attached_to(kind, chained.program_id, std::move(target));
    attached.interface_index = interface;
    attached.attach_type = chained.hook;
    found.push_back(std::move(attached));
  }
}

// The device and inode of the cgroups that were seen: the same tree may be mounted several times.
using seen_cgroups = std::set<std::pair<dev_t, ino_t>>;

void find_in_cgroup(const fs::path& directory, const std::vector<loaded_link>& links,
                    seen_cgroups& seen, std::vector<attached_program>& found) {
  const file_descriptor cgroup(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (cgroup.get() < 0 || ::fstat(cgroup.get(), &status) != 0 ||
      !seen.emplace(status.st_dev, status.st_ino).second)
    return;
  for (std::uint32_t type = 0;; ++type) {
    const char* word = libbpf_bpf_attach_type_str(static_cast<bpf_attach_type>(type));
    if (word == nullptr)
      return;
    if (!std::string_view(word).starts_with("cgroup_"))
      continue;
    std::array<std::uint32_t, 64> programs{};  // BPF_CGROUP_MAX_PROGS of <linux/bpf-cgroup.h>
    std::uint32_t count = programs.size();
    std::uint32_t flags = 0;
    if (bpf_prog_query(cgroup.get(), static_cast<bpf_attach_type>(type), 0, &flags, programs.data(),
                       &count) != 0)
      continue;
    // The number of a cgroup is its inode (kernel/cgroup/cgroup.c, cgroup_id).
    const auto link_target = fmt::format("cgroup {} {}", status.st_ino, word);
    for (std::uint32_t i = 0; i < count && i < programs.size(); ++i) {
      if (has_link(links, "cgroup", programs[i], link_target))
        continue;
      auto attached = attached_to(attachment_kind::cgroup, programs[i],
                                  fmt::format("{} {}", directory.string(), word));
      attached.cgroup = directory;
      attached.attach_type = type;
      found.push_back(std::move(attached));
    }
  }
}

void find_in_cgroups(const std::vector<loaded_link>& links, std::vector<attached_program>& found) {
  seen_cgroups seen;
  for (const auto& mount : mounted_directories("cgroup2")) {
    find_in_cgroup(mount, links, seen, found);
    std::error_code error;
    for (fs::recursive_directory_iterator entry(mount, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->is_directory(error))
        find_in_cgroup(entry->path(), links, seen, found);
  }
}

// Whether an interface of this network namespace runs the program of the link. The kernel tells
// only the number of the interface, and other namespaces have the same numbers.
bool runs_here(const loaded_link& link) {
  if (link.type == "xdp") {
    bpf_xdp_query_opts answer{};
    answer.sz = sizeof answer;
    return bpf_xdp_query(static_cast<int>(link.interface_index), 0, &answer) == 0 &&
           (link.program_id == answer.skb_prog_id || link.program_id == answer.drv_prog_id ||
            link.program_id == answer.hw_prog_id);
  }
  const auto chains = read_device_chains(link.interface_index);
  return std::any_of(chains.begin(), chains.end(),
                     [&](const auto& one) { return one.program_id == link.program_id; });
}

// The interface of this network namespace that runs the program by XDP; 0: none.
std::uint32_t interface_running(std::uint32_t program) {
  const std::unique_ptr<struct if_nameindex, free_interfaces> interfaces(::if_nameindex());
  for (const auto* one = interfaces.get(); one != nullptr && one->if_index != 0; ++one) {
    bpf_xdp_query_opts answer{};
    answer.sz = sizeof answer;
    if (bpf_xdp_query(static_cast<int>(one->if_index), 0, &answer) == 0 &&
        (answer.drv_prog_id == program || answer.skb_prog_id == program))
      return one->if_index;
  }
  return 0;
}

// A link to a function of the dispatcher of an XDP chain.
attached_program attached_to_chain(const loaded_link& link, std::uint32_t interface) {
  std::array<char, IF_NAMESIZE> name{};
  ::if_indextoname(interface, name.data());
  auto attached = attached_to(attachment_kind::link, link.program_id,
                              fmt::format("XDP chain of {}", name.data()));
  attached.link_id = link.id;
  attached.interface_index = interface;
  attached.is_in_chain = true;
  return attached;
}

attached_program attached_by(const loaded_link& link) {
  if (link.target_program_id != 0 && is_xdp_dispatcher(link.target_program_id))
    if (const auto interface = interface_running(link.target_program_id); interface != 0)
      return attached_to_chain(link, interface);
  const bool has_interface = link.interface_index != 0;
  const bool is_here = has_interface && runs_here(link);
  auto target = link.target;
  if (has_interface && !is_here)
    target = fmt::format("{} at interface {} of another network namespace", link.type,
                         link.interface_index);
  else if (target.empty())
    target = link.type;
  else if (link.type != "raw_tracepoint")  // "raw tracepoint sched_switch" names the type already
    target = fmt::format("{} {}", link.type, target);
  auto attached = attached_to(attachment_kind::link, link.program_id, std::move(target));
  attached.link_id = link.id;
  if (is_here)
    attached.interface_index = link.interface_index;
  return attached;
}

[[noreturn]] void refuse_removal(const attached_program& attached, int error) {
  throw failure(fmt::format("cannot detach program {} from {} {}: {}", attached.program_id,
                            attachment_word(attached.kind), attached.target, std::strerror(error)),
                error == EPERM ? "Run it as root." : "Look again: it may have changed meanwhile.");
}

// Takes programs out of an XDP chain. Returns false, and changes nothing, when what is attached is
// no chain that can be read. A program that is not there any more is no error: each change of a
// chain exchanges the dispatcher and all links.
bool remove_in_chain(const attached_program& attached, bool whole_chain) {
  const network_interface interface(attached.interface_index);
  detail::xdp_chain chain(interface);
  if (chain.open(false) || (whole_chain && chain.dispatcher() != attached.program_id))
    return false;
  const auto count = std::erase_if(chain.members(), [&](const auto& one) {
    return whole_chain || one.id == attached.program_id;
  });
  if (count == 0)
    return true;
  if (const auto refused = chain.exchange())
    refuse_removal(attached, refused.code);
  return true;
}

void remove_xdp(const attached_program& attached) {
  if (attached.is_in_chain &&
      (remove_in_chain(attached, true) || interface_running(attached.program_id) == 0))
    return;
  const auto program = open_program(attached.program_id);
  bpf_xdp_attach_opts options{};
  options.sz = sizeof options;
  options.old_prog_fd = program.get();
  const int error = bpf_xdp_detach(static_cast<int>(attached.interface_index),
                                   attached.xdp_flags | XDP_FLAGS_REPLACE, &options);
  if (error != 0)
    refuse_removal(attached, -error);
}

void remove_filter(const attached_program& attached) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(attached.interface_index);
  hook.attach_point = attached.is_ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
  const auto options = [&] {
    bpf_tc_opts wanted{};
    wanted.sz = sizeof wanted;
    wanted.handle = attached.handle;
    wanted.priority = attached.priority;
    return wanted;
  };
  auto present = options();
  if (bpf_tc_query(&hook, &present) != 0 || present.prog_id != attached.program_id)
    refuse_removal(attached, ENOENT);
  const auto removed = options();
  if (const int error = bpf_tc_detach(&hook, &removed); error != 0)
    refuse_removal(attached, -error);
  // The runtime library marks the qdisc that it makes. The last filter that goes takes it along.
  detail::remove_own_empty_clsact(hook.ifindex);
}

void remove_from_chain(const attached_program& attached) {
  const auto program = open_program(attached.program_id);
  if (bpf_prog_detach2(program.get(), static_cast<int>(attached.interface_index),
                       static_cast<bpf_attach_type>(attached.attach_type)) != 0)
    refuse_removal(attached, errno);
}

void remove_from_cgroup(const attached_program& attached) {
  const auto program = open_program(attached.program_id);
  const file_descriptor cgroup(::open(attached.cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (cgroup.get() < 0 || bpf_prog_detach2(program.get(), cgroup.get(),
                                           static_cast<bpf_attach_type>(attached.attach_type)) != 0)
    refuse_removal(attached, errno);
}

void remove_link(const attached_program& attached, const std::vector<fs::path>& pins,
                 bool is_held) {
  if (attached.is_in_chain && remove_in_chain(attached, false))
    return;
  // Closed last: the kernel detaches and frees the link before this function returns.
  const auto link = open_link(attached.link_id);
  // Types without a detach operation give EOPNOTSUPP (kernel/bpf/syscall.c, link_detach). They end
  // with the last pin and descriptor.
  if (bpf_link_detach(link.get()) != 0) {
    if (errno != EOPNOTSUPP)
      refuse_removal(attached, errno);
    if (is_held)
      throw failure(fmt::format("link {} ({}) cannot be detached: its type has no such operation, "
                                "and a process holds it",
                                attached.link_id, attached.target),
                    "End the process.");
  }
  for (const auto& pin : pins)
    remove_pin(pin, {bpf_kind::link, attached.link_id});
}

}  // namespace

const char* attachment_word(attachment_kind kind) {
  switch (kind) {
    case attachment_kind::link:
      return "link";
    case attachment_kind::xdp:
      return "xdp";
    case attachment_kind::tc:
      return "tc";
    case attachment_kind::tcx:
      return "tcx";
    case attachment_kind::netkit:
      return "netkit";
    case attachment_kind::cgroup:
      return "cgroup";
  }
  return "attachment";
}

std::vector<attached_program> find_attachments() {
  const auto links = loaded_links();
  std::vector<attached_program> found;
  for (const auto& link : links)
    found.push_back(attached_by(link));
  const std::unique_ptr<struct if_nameindex, free_interfaces> interfaces(::if_nameindex());
  for (const auto* interface = interfaces.get(); interface != nullptr && interface->if_index != 0;
       ++interface) {
    find_xdp(interface->if_index, interface->if_name, links, found);
    find_filters(interface->if_index, interface->if_name, found);
    find_in_chains(interface->if_index, interface->if_name, links, found);
  }
  find_in_cgroups(links, found);
  return found;
}

void remove_attachment(const attached_program& attached, const std::vector<fs::path>& pins,
                       bool is_held) {
  switch (attached.kind) {
    case attachment_kind::link:
      return remove_link(attached, pins, is_held);
    case attachment_kind::xdp:
      return remove_xdp(attached);
    case attachment_kind::tc:
      return remove_filter(attached);
    case attachment_kind::tcx:
    case attachment_kind::netkit:
      return remove_from_chain(attached);
    case attachment_kind::cgroup:
      return remove_from_cgroup(attached);
  }
}

}  // namespace ebpfkit::host
