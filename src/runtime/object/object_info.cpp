// What the kernel tells about one program, map or BTF object.
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "ebpfkit/loaded_objects.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;

// One kind of thing in the kernel.
struct kind_of_object {
  const char* name;    // "program"
  const char* target;  // what /proc says about its descriptors
};
constexpr kind_of_object a_program{"program", "anon_inode:bpf-prog"};
constexpr kind_of_object a_map{"map", "anon_inode:bpf-map"};
constexpr kind_of_object a_btf{"BTF object", "anon_inode:btf"};

ebpfkit::error info_error(const kind_of_object& kind, const std::string& which, int code) {
  std::string remedy;
  if (code == EINVAL)
    remedy = formatted("It is no %s.", kind.name);
  else if (code == ENOENT)
    remedy = formatted("There is no such %s.", kind.name);
  else if (code == EPERM)
    remedy = "Looking at what others loaded takes CAP_SYS_ADMIN.";
  else if (code == EBADF)
    remedy = "It is no open file descriptor.";
  return detail::diagnose_worded(
      "read", formatted("the information on the %s %s", kind.name, which.c_str()), code,
      std::move(remedy));
}

// Asks for `info`. Returns 0 or an errno.
template <class Info>
int ask_about(int fd, const kind_of_object& kind, Info& info) {
  char buffer[64];
  // The kernel also tells about other things, in other structs. Ask /proc; without it, believe.
  const auto target = detail::descriptor_target(fd, buffer);
  if (fd < 0)
    return EBADF;
  if (!target.empty() && target != kind.target)
    return EINVAL;
  std::uint32_t size = sizeof(info);
  return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? 0 : errno;
}

template <std::size_t Size>
std::string text_of(const char (&name)[Size]) {
  return std::string(name, strnlen(name, Size));
}

std::string id_text(std::uint32_t id) {
  return formatted("with id %u", id);
}

std::string pin_text(const std::string& path) {
  return formatted("that is pinned at '%s'", path.c_str());
}

std::string fd_text(int fd) {
  return formatted("of file descriptor %d", fd);
}

std::string tag_text(const unsigned char (&tag)[BPF_TAG_SIZE]) {
  std::string text;
  for (const auto byte : tag)
    text += formatted("%02x", byte);
  return text;
}

// `which` says in errors how the caller names the object.
result<program_info> read_program(int fd, const std::string& which) {
  bpf_prog_info info{};
  if (const int code = ask_about(fd, a_program, info); code != 0)
    return info_error(a_program, which, code);
  program_info told;
  told.id = info.id;
  told.type = info.type;
  told.name = text_of(info.name);
  told.tag = tag_text(info.tag);
  told.loaded = info.load_time;
  told.uid = info.created_by_uid;
  told.is_gpl_compatible = info.gpl_compatible;
  told.jited_size = info.jited_prog_len;
  told.xlated_size = info.xlated_prog_len;
  told.btf_id = info.btf_id;
  told.verified_instructions = info.verified_insns;
  told.run_time = info.run_time_ns;
  told.run_count = info.run_cnt;
  told.recursion_misses = info.recursion_misses;
  if (info.nr_map_ids == 0)
    return told;
  told.map_ids.resize(info.nr_map_ids);
  bpf_prog_info again{};
  again.nr_map_ids = info.nr_map_ids;
  again.map_ids = reinterpret_cast<std::uintptr_t>(told.map_ids.data());
  if (const int code = ask_about(fd, a_program, again); code != 0)
    return info_error(a_program, which, code);
  if (again.nr_map_ids < told.map_ids.size())
    told.map_ids.resize(again.nr_map_ids);
  return told;
}

result<map_info> read_map(int fd, const std::string& which) {
  bpf_map_info info{};
  if (const int code = ask_about(fd, a_map, info); code != 0)
    return info_error(a_map, which, code);
  map_info told;
  told.id = info.id;
  told.type = info.type;
  told.name = text_of(info.name);
  told.key_size = info.key_size;
  told.value_size = info.value_size;
  told.max_entries = info.max_entries;
  told.flags = info.map_flags;
  told.extra = info.map_extra;
  told.btf_id = info.btf_id;
  told.key_type_id = info.btf_key_type_id;
  told.value_type_id = info.btf_value_type_id;
  return told;
}

result<btf_info> read_btf(int fd, const std::string& which) {
  char name[64] = {};
  bpf_btf_info info{};
  info.name = reinterpret_cast<std::uintptr_t>(name);
  info.name_len = sizeof(name);
  int code = ask_about(fd, a_btf, info);
  if (code == E2BIG) {  // BTF has no name before Linux 5.11
    info = {};
    code = ask_about(fd, a_btf, info);
  }
  if (code != 0 && code != ENOSPC)  // a name that is longer is cut
    return info_error(a_btf, which, code);
  btf_info told;
  told.id = info.id;
  told.size = info.btf_size;
  told.name = text_of(name);
  told.is_of_kernel = info.kernel_btf != 0;
  return told;
}

// Reads through a descriptor that `open` makes.
template <class Info, class Open>
result<Info> read_opened(const kind_of_object& kind, const std::string& which, Open open,
                         result<Info> (*read)(int, const std::string&)) {
  const detail::unique_fd opened(open());
  return opened ? read(opened.get(), which) : info_error(kind, which, opened.code());
}

}  // namespace

result<program_info> program_info::of_fd(int program_fd) {
  return read_program(program_fd, fd_text(program_fd));
}

result<program_info> program_info::of_id(std::uint32_t id) {
  return read_opened(
      a_program, id_text(id), [&] { return bpf_prog_get_fd_by_id(id); }, read_program);
}

result<program_info> program_info::of_pin(const std::string& path) {
  return read_opened(
      a_program, pin_text(path), [&] { return bpf_obj_get(path.c_str()); }, read_program);
}

result<map_info> map_info::of_fd(int map_fd) {
  return read_map(map_fd, fd_text(map_fd));
}

result<map_info> map_info::of_id(std::uint32_t id) {
  return read_opened(
      a_map, id_text(id), [&] { return bpf_map_get_fd_by_id(id); }, read_map);
}

result<map_info> map_info::of_pin(const std::string& path) {
  return read_opened(
      a_map, pin_text(path), [&] { return bpf_obj_get(path.c_str()); }, read_map);
}

result<btf_info> btf_info::of_fd(int btf_fd) {
  return read_btf(btf_fd, fd_text(btf_fd));
}

result<btf_info> btf_info::of_id(std::uint32_t id) {
  return read_opened(
      a_btf, id_text(id), [&] { return bpf_btf_get_fd_by_id(id); }, read_btf);
}

}  // namespace ebpfkit
