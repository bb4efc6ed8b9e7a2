// Probes of program types, map types and helpers. They do not use libbpf's own probes
// (libbpf_probe_bpf_*), for two reasons. Those report a missing right as a missing feature. And the
// older ones report every helper as present on kernels whose verifier says "program of this type
// cannot use helper" instead of "unknown func".
#include "type_probes.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <iterator>
#include <string_view>

#include "../system/kernel_btf.hpp"
#include "../system/kernel_errno.hpp"
#include "attempts.hpp"

namespace ebpfkit::detail {
namespace {

load_outcome load_trivial_program(const program_attempt& program) {
  const bpf_insn return_0[] = {instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
                               instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
  return attempt_program_load(program, return_0, std::size(return_0));
}

program_attempt attempt_for(unsigned program_type) {
  program_attempt program;
  program.type = program_type;
  program.attach_type = default_attach_type(program_type);
  program.flags = default_program_flags(program_type);
  // In no kernel's BTF is type 1 a function, a program or a struct_ops type. Therefore the verifier
  // refuses the program and says why.
  program.attach_btf_id = is_btf_program_type(program_type) ? 1 : 0;
  return program;
}

probe_answer answer_of_load(const load_outcome& outcome) {
  return outcome.verified() ? probe_answer{support::present, 0} : answer_of(outcome.program);
}

// Whether an enumerator of the type has the number. The end mark (__MAX_BPF_MAP_TYPE) does not
// count.
bool has_number(const btf* types, const btf_type* enumeration, unsigned number) {
  const struct btf_enum* values = btf_enum(enumeration);
  for (unsigned i = 0; i < btf_vlen(enumeration); ++i) {
    const char* name = btf__name_by_offset(types, values[i].name_off);
    if (values[i].val == static_cast<int>(number) && name &&
        std::string_view(name).substr(0, 5) != "__MAX")
      return true;
  }
  return false;
}

}  // namespace

support probe_new_type(const char* enumeration, unsigned number, const probe_answer& as_simplest) {
  if (as_simplest.state == support::present)
    return support::present;
  btf* loaded = btf__load_vmlinux_btf();
  if (libbpf_get_error(loaded) != 0)
    return support::unknown;
  const unique_btf types(loaded);
  const int id = btf__find_by_name_kind(loaded, enumeration, BTF_KIND_ENUM);
  if (id <= 0)
    return support::unknown;
  const bool known = has_number(loaded, btf__type_by_id(loaded, static_cast<__u32>(id)), number);
  return known ? support::unknown : support::absent;
}

bool is_btf_program_type(unsigned program_type) noexcept {
  return program_type == BPF_PROG_TYPE_TRACING || program_type == BPF_PROG_TYPE_LSM ||
         program_type == BPF_PROG_TYPE_EXT || program_type == BPF_PROG_TYPE_STRUCT_OPS;
}

// An attach type for the program types that need one (bpf_prog_load_check_attach() in
// kernel/bpf/syscall.c).
unsigned default_attach_type(unsigned program_type) noexcept {
  switch (program_type) {
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
      return BPF_CGROUP_INET4_CONNECT;
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
      return BPF_CGROUP_GETSOCKOPT;
    case BPF_PROG_TYPE_CGROUP_SOCK:
      return BPF_CGROUP_INET_SOCK_CREATE;
    case BPF_PROG_TYPE_SK_LOOKUP:
      return BPF_SK_LOOKUP;
    case BPF_PROG_TYPE_LIRC_MODE2:
      return BPF_LIRC_MODE2;
    case BPF_PROG_TYPE_TRACING:
      return BPF_TRACE_FENTRY;
    case BPF_PROG_TYPE_LSM:
      return BPF_LSM_MAC;
    case program_type_netfilter:
      return attach_netfilter;
    default:
      return 0;
  }
}

unsigned default_program_flags(unsigned program_type) noexcept {
  return program_type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0U;
}

bool may_probe() {
  // Tries one program type for each right: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. bpf_prog_load()
  // checks the rights before it looks for the type.
  for (const unsigned type :
       {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_TRACEPOINT})
    if (load_trivial_program(attempt_for(type)).program.code() == EPERM)
      return false;
  return true;
}

probe_answer probe_program_type(unsigned program_type) {
  return answer_of_load(load_trivial_program(attempt_for(program_type)));
}

probe_answer probe_attach_type(unsigned program_type, unsigned attach_type, unsigned flags) {
  auto program = attempt_for(program_type);
  program.attach_type = attach_type;
  program.flags |= flags;
  return answer_of_load(load_trivial_program(program));
}

probe_answer probe_map_type(unsigned map_type) {
  const auto map = map_attempt_for(map_type);
  const auto made = attempt_map(map_type, map);
  if (map.is_struct_ops && made.code() == kernel_enotsupp)
    return {support::present, 0};
  return answer_of(made);
}

probe_answer probe_map_flags(unsigned map_type, unsigned flags) {
  auto map = map_attempt_for(map_type);
  map.flags |= flags;
  if (map_type == BPF_MAP_TYPE_STACK_TRACE && (flags & BPF_F_STACK_BUILD_ID))
    map.value_size = sizeof(bpf_stack_build_id);
  return answer_of(attempt_map(map_type, map));
}

probe_answer probe_helper(unsigned program_type, unsigned helper, unsigned attach_type,
                          unsigned flags) {
  const bpf_insn call_helper[] = {
      instruction(BPF_JMP | BPF_CALL, 0, 0, 0, static_cast<int>(helper)),
      instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
  const bool depends_on_target = is_btf_program_type(program_type);
  auto program =
      attempt_for(depends_on_target ? unsigned{BPF_PROG_TYPE_SOCKET_FILTER} : program_type);
  if (!depends_on_target) {
    program.flags |= flags;
    if (attach_type != 0)
      program.attach_type = attach_type;
  }
  const auto outcome = attempt_program_load(program, call_helper, std::size(call_helper));
  // The words of check_helper_call() in kernel/bpf/verifier.c. "invalid func" means that the number
  // is out of range. Older kernels say "unknown func", and newer ones "cannot use helper", when
  // this program type may not call the helper.
  if (outcome.says("invalid func "))
    return {support::absent, 0};
  if (depends_on_target)
    return {support::unknown, 0};
  if (outcome.says("unknown func ") || outcome.says("cannot use helper "))
    return {support::absent, 0};
  // The verifier reached the call: it accepts the helper, even if it refuses the arguments.
  if (outcome.program || outcome.says("(85) call "))
    return {support::present, 0};
  return {support::unknown, outcome.program.code()};
}

}  // namespace ebpfkit::detail
