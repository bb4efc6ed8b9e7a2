#include "attempts.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/btf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../system/kernel_errno.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {
namespace {

// Enough memory for the longest command that is tried.
constexpr std::size_t attribute_words = 32;

int bpf_errno(unsigned command, void* attribute, std::size_t size) {
  const long made = syscall(__NR_bpf, static_cast<int>(command), attribute, size);
  if (made < 0)
    return errno;
  close(static_cast<int>(made));
  return 0;
}

}  // namespace

bool load_outcome::says(const char* text) const noexcept {
  return strstr(log, text) != nullptr;
}

load_outcome attempt_program_load(const program_attempt& program, const bpf_insn* instructions,
                                  std::size_t count) {
  load_outcome outcome;
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = static_cast<bpf_attach_type>(program.attach_type);
  options.prog_flags = program.flags;
  options.attach_btf_id = program.attach_btf_id;
  if (program.with_log) {
    options.log_level = 1;
    options.log_buf = outcome.log;
    options.log_size = sizeof(outcome.log);
  }
  outcome.program = unique_fd(bpf_prog_load(static_cast<bpf_prog_type>(program.type), nullptr,
                                            "GPL", instructions, count, &options));
  return outcome;
}

map_attempt map_attempt_for(unsigned map_type) {
  map_attempt map;
  switch (map_type) {
    case BPF_MAP_TYPE_STACK_TRACE:
      map.value_size = 8;
      break;
    case BPF_MAP_TYPE_LPM_TRIE:
      map.key_size = 8;
      map.flags = BPF_F_NO_PREALLOC;
      break;
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
      map.key_size = sizeof(bpf_cgroup_storage_key);
      map.max_entries = 0;
      break;
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER:
      map.key_size = 0;
      break;
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF:
      map.key_size = 0;
      map.value_size = 0;
      map.max_entries = static_cast<unsigned>(sysconf(_SC_PAGESIZE));
      break;
    case map_type_arena:
      map.key_size = 0;
      map.value_size = 0;
      map.flags = BPF_F_MMAPABLE;
      break;
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case map_type_cgrp_storage:
      map.max_entries = 0;
      map.flags = BPF_F_NO_PREALLOC;
      map.with_btf = true;
      break;
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
      map.with_inner_map = true;
      break;
    case BPF_MAP_TYPE_STRUCT_OPS:
      map.is_struct_ops = true;
      break;
    default:
      break;
  }
  return map;
}

unique_fd attempt_map(unsigned map_type, const map_attempt& map) {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = map.flags;
  unique_fd inner;
  if (map.with_inner_map) {
    inner = attempt_map(BPF_MAP_TYPE_HASH, map_attempt());
    if (!inner)
      return inner;
    options.inner_map_fd = static_cast<__u32>(inner.get());
  }
  unique_fd btf;
  if (map.with_btf) {
    constexpr std::uint32_t int_type[] = {1, BTF_KIND_INT << 24, 4, (BTF_INT_SIGNED << 24) | 32};
    constexpr char strings[] = "\0int";
    btf = attempt_btf_load(int_type, sizeof(int_type), strings, sizeof(strings));
    if (!btf)
      return btf;
    options.btf_fd = static_cast<__u32>(btf.get());
    options.btf_key_type_id = 1;
    options.btf_value_type_id = 1;
  }
  // Type 1 is not a struct_ops type in any kernel. Therefore a kernel that knows struct_ops returns
  // ENOTSUPP.
  if (map.is_struct_ops)
    options.btf_vmlinux_value_type_id = 1;
  return unique_fd(bpf_map_create(static_cast<bpf_map_type>(map_type), nullptr, map.key_size,
                                  map.value_size, map.max_entries, &options));
}

unique_fd attempt_btf_load(const std::uint32_t* types, std::size_t type_bytes, const char* strings,
                           std::size_t string_bytes) {
  btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof(header);
  header.type_len = static_cast<__u32>(type_bytes);
  header.str_off = header.type_len;
  header.str_len = static_cast<__u32>(string_bytes);
  std::vector<unsigned char> raw(sizeof(header) + type_bytes + string_bytes);
  memcpy(raw.data(), &header, sizeof(header));
  memcpy(raw.data() + sizeof(header), types, type_bytes);
  memcpy(raw.data() + sizeof(header) + type_bytes, strings, string_bytes);
  return unique_fd(bpf_btf_load(raw.data(), raw.size(), nullptr));
}

int attempt_link(int program, int target, unsigned attach_type, const std::uint64_t* rest,
                 std::size_t rest_words) {
  std::uint64_t attribute[attribute_words] = {};
  const std::uint32_t head[] = {static_cast<std::uint32_t>(program),
                                static_cast<std::uint32_t>(target), attach_type, 0};
  memcpy(attribute, head, sizeof(head));
  std::copy(rest, rest + rest_words, attribute + 2);
  return bpf_errno(BPF_LINK_CREATE, attribute, sizeof(head) + rest_words * sizeof(*rest));
}

int attempt_command(unsigned command, const std::uint32_t* words, std::size_t count) {
  std::uint32_t attribute[attribute_words] = {};
  std::copy(words, words + count, attribute);
  return bpf_errno(command, attribute, count * sizeof(*words));
}

probe_answer answer_of(int code) noexcept {
  switch (code) {
    case 0:
      return {support::present, 0};
    case EINVAL:
    case E2BIG:
    case ENOSYS:
    case EOPNOTSUPP:
    case kernel_enotsupp:
      return {support::absent, 0};
    default:
      return {support::unknown, code};
  }
}

}  // namespace ebpfkit::detail
