#include "inspect/loaded_objects.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <utility>

#include "btf/type_graph.hpp"
#include "inspect/device_chains.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

std::string text_or_number(const char* text, std::uint32_t number) {
  return text != nullptr ? text : fmt::format("type {}", number);
}

// A name in a fixed array of the kernel, which ends with a NUL.
template <std::size_t Size>
std::string kernel_name(const char (&name)[Size]) {
  return {name, ::strnlen(name, Size)};
}

[[noreturn]] void refuse(const std::string& what, int error) {
  const bool is_forbidden = error == EPERM || error == EACCES;
  throw failure(fmt::format("cannot {}: {}", what, std::strerror(error)),
                is_forbidden
                    ? "Run it as root, or with CAP_SYS_ADMIN: the kernel lists BPF objects "
                      "for nobody else."
                    : "");
}

// Reads all objects of a kind, by the functions of libbpf that find the next id and open it.
template <class Object>
std::vector<Object> read_all(const char* what, int (*next)(std::uint32_t, std::uint32_t*),
                             int (*open)(std::uint32_t), std::optional<Object> (*read)(int)) {
  std::vector<Object> found;
  std::uint32_t id = 0;
  while (next(id, &id) == 0) {
    const file_descriptor fd(open(id));
    if (auto object = fd.get() < 0 ? std::nullopt : read(fd.get()))
      found.push_back(std::move(*object));
  }
  if (errno != ENOENT)
    refuse(fmt::format("list the {} in the kernel", what), errno);
  return found;
}

// The whole name of a program is that of its function in its BTF.
std::string whole_name(int fd, const bpf_prog_info& known) {
  if (known.btf_id == 0 || known.nr_func_info == 0)
    return {};
  bpf_func_info first{};
  bpf_prog_info wanted{};
  wanted.nr_func_info = 1;
  wanted.func_info_rec_size = sizeof first;
  wanted.func_info = reinterpret_cast<std::uintptr_t>(&first);
  std::uint32_t size = sizeof wanted;
  if (bpf_obj_get_info_by_fd(fd, &wanted, &size) != 0 || wanted.nr_func_info == 0)
    return {};
  try {
    const auto bytes = read_kernel_btf(known.btf_id);
    const type_graph types(bytes, nullptr, nullptr, type_checks::names_on_use);
    if (first.type_id == 0 || !types.contains(first.type_id) ||
        types.kind(first.type_id) != type_kind::function)
      return {};
    return std::string(types.name(first.type_id));
  } catch (const failure&) {
    return {};
  }
}

// Two facts stand only in /proc (kernel/bpf/syscall.c, bpf_map_show_fdinfo).
void read_map_file(int fd, loaded_map& map) {
  std::ifstream lines(fmt::format("/proc/self/fdinfo/{}", fd));
  std::string word;
  std::uint64_t number = 0;
  while (lines >> word) {
    if (word == "memlock:" && lines >> number)
      map.memory_bytes = number;
    else if (word == "frozen:" && lines >> number)
      map.is_frozen = number != 0;
  }
}

std::string interface_name(std::uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(index, name.data()) != nullptr ? name.data()
                                                         : fmt::format("interface {}", index);
}

// Kinds of links that the headers of Linux 6.1 and libbpf 1.1 lack.
enum newer_link_types : std::uint32_t {
  tcx_link = 11,
  uprobe_multi_link = 12,
  netkit_link = 13,
  sockmap_link = 14,
};

// The same names with every libbpf: JSON has them.
std::string link_type_name(std::uint32_t type) {
  switch (type) {
    case tcx_link:
      return "tcx";
    case uprobe_multi_link:
      return "uprobe_multi";
    case netkit_link:
      return "netkit";
    case sockmap_link:
      return "sockmap";
    default:
      return text_or_number(libbpf_bpf_link_type_str(static_cast<bpf_link_type>(type)), type);
  }
}

// Names of attach types that tell the hook of a program better than the type of the link.
std::string attach_type_name(std::uint32_t type) {
  const char* name = libbpf_bpf_attach_type_str(static_cast<bpf_attach_type>(type));
  return text_or_number(name, type);
}

bool is_at_interface(std::uint32_t type) {
  return type == BPF_LINK_TYPE_XDP || type == tcx_link || type == netkit_link;
}

// freplace programs are the only ones with links of this type that have no attach type
// (kernel/bpf/verifier.c, bpf_check).
bool is_replacement(const bpf_link_info& known) {
  return known.type == BPF_LINK_TYPE_TRACING && known.tracing.attach_type == 0;
}

std::string link_target(int fd, const bpf_link_info& known) {
  switch (std::uint32_t{known.type}) {
    case BPF_LINK_TYPE_XDP:
      return interface_name(known.xdp.ifindex);
    case tcx_link:
    case netkit_link:
      // The interface and the attach type stand where netns has its two numbers.
      return device_hook_text(known.netns.attach_type, interface_name(known.netns.netns_ino));
    case BPF_LINK_TYPE_CGROUP:
      return fmt::format("cgroup {} {}", known.cgroup.cgroup_id,
                         attach_type_name(known.cgroup.attach_type));
    case BPF_LINK_TYPE_NETNS:
      return fmt::format("network namespace {} {}", known.netns.netns_ino,
                         attach_type_name(known.netns.attach_type));
    case BPF_LINK_TYPE_TRACING:
      return is_replacement(known)
                 ? fmt::format("function of program {}", known.tracing.target_obj_id)
                 : attach_type_name(known.tracing.attach_type);
    case BPF_LINK_TYPE_RAW_TRACEPOINT: {
      std::array<char, 256> name{};
      bpf_link_info wanted{};
      wanted.raw_tracepoint.tp_name = reinterpret_cast<std::uintptr_t>(name.data());
      wanted.raw_tracepoint.tp_name_len = name.size();
      std::uint32_t size = sizeof wanted;
      if (bpf_obj_get_info_by_fd(fd, &wanted, &size) != 0)
        return {};
      name.back() = '\0';
      return fmt::format("raw tracepoint {}", name.data());
    }
    default:
      return {};
  }
}

file_descriptor opened(int fd, const char* kind, std::uint32_t id) {
  if (fd >= 0)
    return file_descriptor(fd);
  if (errno == ENOENT)
    throw failure(fmt::format("the kernel has no {} with the id {}", kind, id),
                  fmt::format("`ebpfkit inspect list-{}s --all` lists those that it has.",
                              std::strcmp(kind, "program") == 0 ? "prog" : kind));
  refuse(fmt::format("open the {} with the id {}", kind, id), errno);
}

}  // namespace

std::optional<loaded_program> read_program(int fd) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return std::nullopt;
  loaded_program program;
  program.id = info.id;
  program.name = kernel_name(info.name);
  if (auto whole = whole_name(fd, info); whole.starts_with(program.name))
    program.name = std::move(whole);
  for (const auto byte : info.tag)
    program.tag += fmt::format("{:02x}", byte);
  program.type =
      text_or_number(libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(info.type)), info.type);
  program.xlated_bytes = info.xlated_prog_len;
  program.jited_bytes = info.jited_prog_len;
  program.run_count = info.run_cnt;
  program.run_time_ns = info.run_time_ns;
  program.recursion_misses = info.recursion_misses;
  program.verified_instructions = info.verified_insns;
  program.btf_id = info.btf_id;
  program.interface_index = info.ifindex;
  program.user_id = info.created_by_uid;
  program.loaded_ns = info.load_time;
  // The kernel does not fill more than there is room for.
  program.map_ids.resize(info.nr_map_ids);
  bpf_prog_info wanted{};
  wanted.nr_map_ids = info.nr_map_ids;
  wanted.map_ids = reinterpret_cast<std::uintptr_t>(program.map_ids.data());
  size = sizeof wanted;
  if (info.nr_map_ids == 0 || bpf_obj_get_info_by_fd(fd, &wanted, &size) != 0)
    program.map_ids.clear();
  return program;
}

std::optional<loaded_map> read_map(int fd) {
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return std::nullopt;
  loaded_map map;
  map.id = info.id;
  map.name = kernel_name(info.name);
  map.type_number = info.type;
  map.type =
      text_or_number(libbpf_bpf_map_type_str(static_cast<bpf_map_type>(info.type)), info.type);
  map.key_size = info.key_size;
  map.value_size = info.value_size;
  map.max_entries = info.max_entries;
  map.flags = info.map_flags;
  map.btf_id = info.btf_id;
  map.key_type = info.btf_key_type_id;
  map.value_type = info.btf_value_type_id;
  read_map_file(fd, map);
  return map;
}

std::optional<loaded_link> read_link(int fd) {
  bpf_link_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return std::nullopt;
  loaded_link link;
  link.id = info.id;
  link.type = link_type_name(info.type);
  link.program_id = info.prog_id;
  // The interface's index is the first number of all these types.
  if (is_at_interface(info.type))
    link.interface_index = info.xdp.ifindex;
  if (is_replacement(info)) {
    link.target_program_id = info.tracing.target_obj_id;
    link.target_type_id = info.tracing.target_btf_id;
  }
  link.target = link_target(fd, info);
  return link;
}

std::vector<loaded_program> loaded_programs() {
  return read_all("programs", bpf_prog_get_next_id, bpf_prog_get_fd_by_id, read_program);
}

std::vector<loaded_map> loaded_maps() {
  return read_all("maps", bpf_map_get_next_id, bpf_map_get_fd_by_id, read_map);
}

std::vector<loaded_link> loaded_links() {
  return read_all("links", bpf_link_get_next_id, bpf_link_get_fd_by_id, read_link);
}

file_descriptor open_program(std::uint32_t id) {
  return opened(bpf_prog_get_fd_by_id(id), "program", id);
}

file_descriptor open_map(std::uint32_t id) {
  return opened(bpf_map_get_fd_by_id(id), "map", id);
}

file_descriptor open_link(std::uint32_t id) {
  return opened(bpf_link_get_fd_by_id(id), "link", id);
}

std::vector<std::uint8_t> read_kernel_btf(std::uint32_t btf_id) {
  const file_descriptor fd = opened(bpf_btf_get_fd_by_id(btf_id), "BTF object", btf_id);
  bpf_btf_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0)
    refuse(fmt::format("read the BTF object {}", btf_id), errno);
  std::vector<std::uint8_t> bytes(info.btf_size);
  info = bpf_btf_info{};
  info.btf = reinterpret_cast<std::uintptr_t>(bytes.data());
  info.btf_size = static_cast<std::uint32_t>(bytes.size());
  size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0)
    refuse(fmt::format("read the BTF object {}", btf_id), errno);
  return bytes;
}

}  // namespace ebpfkit::host
