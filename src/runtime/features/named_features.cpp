// Probes of the features that have no number of their own. Each probe names its source. Most repeat
// a probe of libbpf's src/features.c ("libbpf: <function>"), because libbpf does not export them.
// The others rely on what the named kernel function does.
#include "named_features.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/btf.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "../system/kernel_btf.hpp"
#include "../system/security_modules.hpp"
#include "../system/unique_fd.hpp"
#include "attempts.hpp"
#include "type_probes.hpp"

namespace ebpfkit::detail {
namespace {

constexpr unsigned mov64_immediate = BPF_ALU64 | BPF_MOV | BPF_K;
constexpr unsigned exit_code = BPF_JMP | BPF_EXIT;

bpf_insn set_r0(int value) {
  return instruction(mov64_immediate, 0, 0, 0, value);
}

bpf_insn return_r0() {
  return instruction(exit_code, 0, 0, 0, 0);
}

template <std::size_t Count>
load_outcome load(unsigned program_type, const bpf_insn (&instructions)[Count],
                  unsigned attach_type = 0) {
  program_attempt program;
  program.type = program_type;
  program.attach_type = attach_type;
  program.with_log = false;
  return attempt_program_load(program, instructions, Count);
}

// Whether a socket filter with these instructions loads. The verifier refuses instructions that it
// does not know.
template <std::size_t Count>
probe_answer loads(const bpf_insn (&instructions)[Count]) {
  return answer_of(load(BPF_PROG_TYPE_SOCKET_FILTER, instructions).program);
}

unique_fd small_array(unsigned flags = 0) {
  map_attempt map;
  map.value_size = 32;
  map.flags = flags;
  return attempt_map(BPF_MAP_TYPE_ARRAY, map);
}

// A link that the kernel must refuse. The errno tells whether the kernel knows this kind of link.
struct impossible_link {
  unsigned program_type;
  unsigned attach_type;
  bool attach_type_at_load;
  int target;
  std::vector<std::uint64_t> rest;
};

// `present` when the kernel refuses the link with one of the errnos in `present`. If the program
// does not load, the answer comes from that failure.
probe_answer attempt_impossible_link(const impossible_link& link,
                                     std::initializer_list<int> present) {
  const bpf_insn return_0[] = {set_r0(0), return_r0()};
  const auto loaded =
      load(link.program_type, return_0, link.attach_type_at_load ? link.attach_type : 0);
  if (!loaded.program)
    return answer_of(loaded.program);
  const int code = attempt_link(loaded.program.get(), link.target, link.attach_type,
                                link.rest.data(), link.rest.size());
  for (const int expected : present)
    if (code == expected)
      return {support::present, 0};
  return answer_of(code);
}

// A kernel without bpf(2) returns ENOSYS. __sys_bpf() returns EINVAL for a command that it does not
// know.
probe_answer probe_bpf_syscall() {
  const std::uint32_t nothing[] = {0, 0};
  const int code = attempt_command(BPF_PROG_LOAD, nothing, std::size(nothing));
  if (code == ENOSYS)
    return {support::absent, 0};
  return code == EPERM ? probe_answer{support::unknown, code} : probe_answer{support::present, 0};
}

// libbpf: probe_kern_prog_name
probe_answer probe_program_name() {
  const bpf_insn return_0[] = {set_r0(0), return_r0()};
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  const unique_fd made(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "ebpfkit_probe", "GPL", return_0,
                                     std::size(return_0), &options));
  return answer_of(made);
}

// libbpf: probe_kern_exp_attach_type
probe_answer probe_expected_attach_type() {
  return probe_attach_type(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 0);
}

probe_answer probe_bpf_to_bpf_calls() {
  const bpf_insn code[] = {instruction(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), return_r0(),
                           set_r0(0), return_r0()};
  return loads(code);
}

// v2 brought jumps on < and <=: bpftool's probe_v2_isa_extension.
probe_answer probe_isa_v2() {
  const bpf_insn code[] = {set_r0(0), instruction(BPF_JMP | BPF_JLT | BPF_K, 0, 0, 1, 1), set_r0(1),
                           return_r0()};
  return loads(code);
}

// v3 brought 32-bit jumps: bpftool's probe_v3_isa_extension.
probe_answer probe_isa_v3() {
  const bpf_insn code[] = {set_r0(0), instruction(BPF_JMP32 | BPF_JLT | BPF_K, 0, 0, 1, 1),
                           set_r0(1), return_r0()};
  return loads(code);
}

// v4 brought moves with sign extension: an offset of 8 in a move.
probe_answer probe_isa_v4() {
  const bpf_insn code[] = {set_r0(0), instruction(BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, 8, 0),
                           return_r0()};
  return loads(code);
}

probe_answer probe_atomic(int operation) {
  const bpf_insn code[] = {instruction(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0),
                           instruction(mov64_immediate, 1, 0, 0, 1),
                           instruction(BPF_STX | BPF_ATOMIC | BPF_DW, 10, 1, -8, operation),
                           set_r0(0), return_r0()};
  return loads(code);
}

// check_atomic() in kernel/bpf/verifier.c. Before 5.12, the only atomic operation was an add that
// does not return the old value.
probe_answer probe_atomic_operations() {
  return probe_atomic(BPF_ADD | BPF_FETCH);
}

// BPF_LOAD_ACQ of check_atomic_load()
probe_answer probe_load_acquire() {
  const bpf_insn code[] = {instruction(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0),
                           instruction(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 10, -8, 0x100), set_r0(0),
                           return_r0()};
  return loads(code);
}

// BPF_JCOND with BPF_MAY_GOTO, in check_cond_jmp_op()
probe_answer probe_may_goto() {
  const bpf_insn code[] = {set_r0(0), instruction(BPF_JMP | 0xe0, 0, 0, 1, 0), set_r0(1),
                           return_r0()};
  return loads(code);
}

// More than BPF_MAXINSNS instructions: bpftool's probe_large_insn_limit.
probe_answer probe_large_programs() {
  std::vector<bpf_insn> code(BPF_MAXINSNS, set_r0(1));
  code.push_back(return_r0());
  program_attempt program;
  program.type = BPF_PROG_TYPE_SOCKET_FILTER;
  program.with_log = false;
  return answer_of(attempt_program_load(program, code.data(), code.size()).program);
}

// bpftool's probe_bounded_loops
probe_answer probe_bounded_loops() {
  const bpf_insn code[] = {set_r0(10), instruction(BPF_ALU64 | BPF_SUB | BPF_K, 0, 0, 0, 1),
                           instruction(BPF_JMP | BPF_JNE | BPF_K, 0, 0, -2, 0), return_r0()};
  return loads(code);
}

// libbpf: probe_kern_global_data
probe_answer probe_global_data() {
  const auto map = small_array();
  if (!map)
    return {support::unknown, map.code()};
  const bpf_insn code[] = {
      instruction(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_VALUE, 0, map.get()),
      instruction(0, 0, 0, 0, 16), instruction(BPF_ST | BPF_MEM | BPF_DW, 1, 0, 0, 42), set_r0(0),
      return_r0()};
  return loads(code);
}

// libbpf: probe_kern_array_mmap
probe_answer probe_array_mmap() {
  return answer_of(small_array(BPF_F_MMAPABLE));
}

// libbpf: probe_prog_bind_map
probe_answer probe_prog_bind_map() {
  const auto map = small_array();
  const bpf_insn return_0[] = {set_r0(0), return_r0()};
  const auto loaded = load(BPF_PROG_TYPE_SOCKET_FILTER, return_0);
  if (!map || !loaded.program)
    return {support::unknown, map ? loaded.program.code() : map.code()};
  return answer_of(bpf_prog_bind_map(loaded.program.get(), map.get(), nullptr) == 0 ? 0 : errno);
}

// generic_map_update_batch() in kernel/bpf/syscall.c. Hash maps have it since 5.6, arrays
// since 5.13.
probe_answer probe_batch_operations() {
  const auto map = attempt_map(BPF_MAP_TYPE_HASH, map_attempt());
  if (!map)
    return {support::unknown, map.code()};
  const std::uint32_t key = 1;
  const std::uint32_t value = 1;
  __u32 count = 1;
  return answer_of(bpf_map_update_batch(map.get(), &key, &value, &count, nullptr) == 0 ? 0 : errno);
}

probe_answer probe_ring_buffer() {
  return probe_map_type(BPF_MAP_TYPE_RINGBUF);
}

// libbpf: probe_memcg_account. The helper and the accounting came in the same release.
probe_answer probe_memcg_accounting() {
  return probe_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns, 0, 0);
}

// libbpf: probe_kern_probe_read_kernel
probe_answer probe_probe_read_kernel() {
  return probe_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_probe_read_kernel, 0, 0);
}

constexpr std::uint32_t info(std::uint32_t kind, std::uint32_t count = 0) {
  return (kind << 24) | count;
}
constexpr std::uint32_t int_encoding = (BTF_INT_SIGNED << 24) | 32;
constexpr std::uint32_t kind_float = 16;     // 5.13
constexpr std::uint32_t kind_decl_tag = 17;  // 5.16
constexpr std::uint32_t kind_type_tag = 18;  // 5.17
constexpr std::uint32_t kind_enum64 = 19;    // 6.0

template <std::size_t Words, std::size_t Bytes>
probe_answer loads_btf(const std::uint32_t (&types)[Words], const char (&strings)[Bytes]) {
  return answer_of(attempt_btf_load(types, sizeof(types), strings, Bytes));
}

// libbpf: probe_kern_btf
probe_answer probe_btf() {
  constexpr std::uint32_t types[] = {1, info(BTF_KIND_INT), 4, int_encoding};
  return loads_btf(types, "\0int");
}

// libbpf: probe_kern_btf_func, probe_kern_btf_func_global
probe_answer probe_btf_function(std::uint32_t linkage) {
  const std::uint32_t types[] = {1, info(BTF_KIND_INT),           4, int_encoding,  // [1] int
                                 0, info(BTF_KIND_FUNC_PROTO, 1), 0, 7,
                                 1,                                    // [2] (int a)
                                 5, info(BTF_KIND_FUNC, linkage), 2};  // [3] x
  return loads_btf(types, "\0int\0x\0a");
}
probe_answer probe_btf_func() {
  return probe_btf_function(BTF_FUNC_STATIC);
}
probe_answer probe_btf_func_global() {
  return probe_btf_function(BTF_FUNC_GLOBAL);
}

// libbpf: probe_kern_btf_datasec
probe_answer probe_btf_datasec() {
  constexpr std::uint32_t types[] = {0, info(BTF_KIND_INT),
                                     4, int_encoding,  // [1] int
                                     1, info(BTF_KIND_VAR),
                                     1, BTF_VAR_STATIC,  // [2] x
                                     3, info(BTF_KIND_DATASEC, 1),
                                     4, 2,
                                     0, 4};  // [3] .data
  return loads_btf(types, "\0x\0.data");
}

// libbpf: probe_kern_btf_float
probe_answer probe_btf_float() {
  constexpr std::uint32_t types[] = {1, info(kind_float), 4};
  return loads_btf(types, "\0float");
}

// libbpf: probe_kern_btf_decl_tag
probe_answer probe_btf_decl_tag() {
  constexpr std::uint32_t types[] = {0, info(BTF_KIND_INT),  4, int_encoding,    // [1] int
                                     1, info(BTF_KIND_VAR),  1, BTF_VAR_STATIC,  // [2] tag
                                     1, info(kind_decl_tag), 2, 0xffffffff};  // [3] of the variable
  return loads_btf(types, "\0tag");
}

// libbpf: probe_kern_btf_type_tag
probe_answer probe_btf_type_tag() {
  constexpr std::uint32_t types[] = {0, info(BTF_KIND_INT),  4, int_encoding,  // [1] int
                                     1, info(kind_type_tag), 1,                // [2]
                                     0, info(BTF_KIND_PTR),  2};               // [3]
  return loads_btf(types, "\0tag");
}

// libbpf: probe_kern_btf_enum64
probe_answer probe_btf_enum64() {
  constexpr std::uint32_t types[] = {1, info(kind_enum64), 8};
  return loads_btf(types, "\0enum64");
}

// The BTF that the kernel provides for CO-RE and also uses itself (kernel/bpf/sysfs_btf.c).
probe_answer probe_kernel_btf() {
  if (access(kernel_btf_file, R_OK) == 0)
    return {support::present, 0};
  const int code = errno;
  if (code == ENOENT && access("/sys/kernel", F_OK) == 0)
    return {support::absent, 0};
  return {support::unknown, code};
}

// libbpf: probe_module_btf. The kernel tells the name of a BTF since it has the BTF of modules.
probe_answer probe_module_btf() {
  constexpr std::uint32_t types[] = {1, info(BTF_KIND_INT), 4, int_encoding};
  constexpr char strings[] = "\0int";
  const auto btf = attempt_btf_load(types, sizeof(types), strings, sizeof(strings));
  if (!btf)
    return answer_of(btf);
  char name[16] = "";
  bpf_btf_info btf_info{};
  btf_info.name = reinterpret_cast<std::uintptr_t>(name);
  btf_info.name_len = sizeof(name);
  __u32 size = sizeof(btf_info);
  return answer_of(bpf_obj_get_info_by_fd(btf.get(), &btf_info, &size) == 0 ? 0 : errno);
}

probe_answer probe_tracing() {
  return probe_program_type(BPF_PROG_TYPE_TRACING);
}

probe_answer probe_bpf_lsm() {
  const auto found = bpf_lsm_state();
  return {found.state, found.code};
}

// link_create() looks for the program first, so it returns EBADF here.
probe_answer probe_link() {
  const int code = attempt_link(-1, -1, 0, nullptr, 0);
  return code == EBADF ? probe_answer{support::present, 0} : answer_of(code);
}

// bpf_iter_create() looks for the link first, so it returns EBADF here.
probe_answer probe_iterator() {
  const std::uint32_t words[] = {0xffffffff, 0};
  const int code = attempt_command(BPF_ITER_CREATE, words, std::size(words));
  return code == EBADF ? probe_answer{support::present, 0} : answer_of(code);
}

// The loopback interface has no native mode. For a link that asks for native mode, dev_xdp_attach()
// in net/core/dev.c therefore returns EOPNOTSUPP, or EEXIST or EBUSY when another program is
// attached.
probe_answer probe_xdp_link() {
  constexpr std::uint64_t native_mode = 1U << 2;  // XDP_FLAGS_DRV_MODE
  const unsigned loopback = if_nametoindex("lo");
  if (loopback == 0)
    return {support::unknown, errno};
  const bpf_insn return_0[] = {set_r0(0), return_r0()};
  const auto loaded = load(BPF_PROG_TYPE_XDP, return_0);
  if (!loaded.program)
    return answer_of(loaded.program);
  const std::uint32_t words[] = {static_cast<std::uint32_t>(loaded.program.get()), loopback,
                                 BPF_XDP, static_cast<std::uint32_t>(native_mode)};
  const int code = attempt_command(BPF_LINK_CREATE, words, std::size(words));
  if (code == EOPNOTSUPP || code == EEXIST || code == EBUSY)
    return {support::present, 0};
  return answer_of(code);
}

// libbpf: probe_perf_link
probe_answer probe_perf_link() {
  return attempt_impossible_link({BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, false, -1, {}},
                                 {EBADF});
}

// libbpf: probe_kern_bpf_cookie
probe_answer probe_bpf_cookie() {
  return probe_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_get_attach_cookie, 0, 0);
}

// bpf_kprobe_multi_link_attach() in kernel/trace/bpf_trace.c reads the names. Nothing is mapped at
// the address given here, so it returns EFAULT. Without CONFIG_FPROBE it returns EOPNOTSUPP.
probe_answer probe_kprobe_multi_link() {
  constexpr std::uint64_t flags_and_one_name =
      std::uint64_t{1} << (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 32 : 0);
  return attempt_impossible_link(
      {BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, true, 0, {flags_and_one_name, 1, 0, 0}},
      {EFAULT});
}

// libbpf: probe_uprobe_multi_link. "/" is not a file with instructions.
probe_answer probe_uprobe_multi_link() {
  static const std::uint64_t offset = 0;
  constexpr char path[] = "/";
  constexpr std::uint64_t one_offset = std::uint64_t{1}
                                       << (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 32);
  return attempt_impossible_link({BPF_PROG_TYPE_KPROBE,
                                  attach_uprobe_multi,
                                  true,
                                  0,
                                  {reinterpret_cast<std::uintptr_t>(path),
                                   reinterpret_cast<std::uintptr_t>(&offset), 0, 0, one_offset, 0}},
                                 {EBADF});
}

// tcx_link_attach() and netkit_link_attach() look for the interface first. No interface has index
// 0.
probe_answer probe_tcx_link() {
  return attempt_impossible_link({BPF_PROG_TYPE_SCHED_CLS, attach_tcx_ingress, true, 0, {0, 0}},
                                 {ENODEV});
}
probe_answer probe_netkit_link() {
  return attempt_impossible_link({BPF_PROG_TYPE_SCHED_CLS, attach_netkit_primary, true, 0, {0, 0}},
                                 {ENODEV});
}

// bpf_token_create() looks for the file of the bpf file system first, so it returns EBADF here.
probe_answer probe_token() {
  constexpr unsigned token_create = 36;
  const std::uint32_t words[] = {0, 0xffffffff};
  const int code = attempt_command(token_create, words, std::size(words));
  return code == EBADF ? probe_answer{support::present, 0} : answer_of(code);
}

// In the order of kernel_feature.
constexpr named_feature features[] = {
    {"bpf_syscall", "bpf(2)", {3, 18}, "CONFIG_BPF_SYSCALL", probe_bpf_syscall},
    {"program_name", "names of programs and maps", {4, 15}, nullptr, probe_program_name},
    {"expected_attach_type", "attach type at load", {4, 17}, nullptr, probe_expected_attach_type},
    {"bpf_to_bpf_calls", "functions in programs", {4, 16}, nullptr, probe_bpf_to_bpf_calls},
    {"isa_v2", "instruction set v2 (unsigned < and <=)", {4, 14}, nullptr, probe_isa_v2},
    {"isa_v3", "instruction set v3 (32-bit jumps)", {5, 1}, nullptr, probe_isa_v3},
    {"isa_v4", "instruction set v4 (sign extension, bswap, sdiv)", {6, 6}, nullptr, probe_isa_v4},
    {"atomic_operations",
     "atomic and, or, xor, xchg, cmpxchg, and fetching",
     {5, 12},
     nullptr,
     probe_atomic_operations},
    {"load_acquire", "load-acquire and store-release", {6, 15}, nullptr, probe_load_acquire},
    {"may_goto", "may_goto (loops that the kernel ends)", {6, 9}, nullptr, probe_may_goto},
    {"large_programs",
     "programs of more than 4096 instructions",
     {5, 2},
     nullptr,
     probe_large_programs},
    {"bounded_loops", "loops with an end", {5, 3}, nullptr, probe_bounded_loops},
    {"global_data", "global variables", {5, 2}, nullptr, probe_global_data},
    {"array_mmap",
     "arrays in user-space memory (BPF_F_MMAPABLE)",
     {5, 5},
     nullptr,
     probe_array_mmap},
    {"prog_bind_map", "BPF_PROG_BIND_MAP", {5, 10}, nullptr, probe_prog_bind_map},
    {"batch_operations", "batch operations on hash maps", {5, 6}, nullptr, probe_batch_operations},
    {"ring_buffer", "ring buffer", {5, 8}, nullptr, probe_ring_buffer},
    {"memcg_accounting",
     "memory charged to the cgroup, not to RLIMIT_MEMLOCK",
     {5, 11},
     nullptr,
     probe_memcg_accounting},
    {"probe_read_kernel", "bpf_probe_read_kernel()", {5, 5}, nullptr, probe_probe_read_kernel},
    {"btf", "BTF of programs and maps", {4, 18}, nullptr, probe_btf},
    {"btf_func", "BTF of functions", {5, 0}, nullptr, probe_btf_func},
    {"btf_datasec", "BTF of variables and sections", {5, 2}, nullptr, probe_btf_datasec},
    {"btf_func_global", "BTF of global functions", {5, 6}, nullptr, probe_btf_func_global},
    {"btf_float", "BTF kind FLOAT", {5, 13}, nullptr, probe_btf_float},
    {"btf_decl_tag", "BTF kind DECL_TAG", {5, 16}, nullptr, probe_btf_decl_tag},
    {"btf_type_tag", "BTF kind TYPE_TAG", {5, 17}, nullptr, probe_btf_type_tag},
    {"btf_enum64", "BTF kind ENUM64", {6, 0}, nullptr, probe_btf_enum64},
    {"kernel_btf", "the kernel's own BTF", {5, 4}, "CONFIG_DEBUG_INFO_BTF", probe_kernel_btf},
    {"module_btf", "BTF of kernel modules", {5, 11}, nullptr, probe_module_btf},
    {"tracing",
     "fentry, fexit, tp_btf and iterators",
     {5, 5},
     "CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF",
     probe_tracing},
    {"bpf_lsm",
     "LSM programs are run",
     {5, 7},
     "CONFIG_BPF_LSM, with bpf in the boot option lsm=",
     probe_bpf_lsm},
    {"link", "bpf_link", {5, 7}, nullptr, probe_link},
    {"iterator", "bpf_iter", {5, 8}, nullptr, probe_iterator},
    {"xdp_link", "links of XDP programs", {5, 9}, "CONFIG_NET", probe_xdp_link},
    {"perf_link",
     "links of kprobes, uprobes, tracepoints and perf events",
     {5, 15},
     "CONFIG_PERF_EVENTS",
     probe_perf_link},
    {"bpf_cookie", "bpf_cookie of those links", {5, 15}, nullptr, probe_bpf_cookie},
    {"kprobe_multi_link", "kprobe.multi", {5, 18}, "CONFIG_FPROBE", probe_kprobe_multi_link},
    {"uprobe_multi_link", "uprobe.multi", {6, 6}, "CONFIG_UPROBES", probe_uprobe_multi_link},
    {"tcx_link", "links of tc programs (tcx)", {6, 6}, "CONFIG_NET_XGRESS", probe_tcx_link},
    {"netkit_link", "links of netkit programs", {6, 7}, "CONFIG_NETKIT", probe_netkit_link},
    {"token", "BPF token", {6, 9}, nullptr, probe_token},
};
static_assert(std::size(features) == kernel_feature_count);

}  // namespace

const named_feature& named(kernel_feature feature) noexcept {
  return features[static_cast<std::size_t>(feature)];
}

}  // namespace ebpfkit::detail
