#include <cstddef>
#include <iterator>
#include <string_view>

#include "../system/text.hpp"
#include "rejection.hpp"

namespace ebpfkit::detail {
namespace {

using is = rejection;

constexpr const char* one_name_at_a_time =
    "Everything that the object declares without __weak must exist, even what only other programs "
    "of the object use. libbpf names only one missing name at a time.";

constexpr const char* takes_constant_size =
    "This helper takes a size that is a constant when the program is compiled. "
    "bpf_ringbuf_reserve() does: reserve the largest size, or use bpf_ringbuf_output() or "
    "bpf_ringbuf_reserve_dynptr() (Linux 5.19), which take any size.";

constexpr const char* has_no_dynptr =
    "The argument is a struct bpf_dynptr that is empty, or was given back before. First a function "
    "must say for which "
    "memory it stands: bpf_dynptr_from_mem() for the value of a map, bpf_ringbuf_reserve_dynptr() "
    "for a record of a ring buffer, bpf_dynptr_from_skb() or bpf_dynptr_from_xdp() (Linux 6.4) for "
    "a packet. Look at what that function returns, too. Kernels count arguments from 0 or from 1.";

// clang-format off
constexpr known_message from_verifier[] = {
    // libbpf puts this number (0xbad2310) into an instruction whose CO-RE relocation failed.
    {"failed to resolve CO-RE relocation", is::missing_field, "libbpf"},
    {"<invalid CO-RE relocation>", is::missing_field, "libbpf"},
    {"invalid func unknown#195896080", is::missing_field, "check_helper_call()"},
    {"<invalid kfunc call>", is::kernel_symbol, "libbpf"},
    {"is referenced but wasn't resolved", is::kernel_symbol, "libbpf"},
    {"calling invalid kernel function", is::kernel_symbol, "add_kfunc_call()"},

    {"invalid mem access '*_or_null'", is::possibly_null, "check_mem_access()"},
    {"Possibly NULL pointer passed to", is::possibly_null, "check_kfunc_args()",
     "If the argument is the constant NULL (0), pass a real pointer. Else compare it with NULL before the call."},
    {"type=*_or_null expected=", is::possibly_null, "check_reg_type()"},
    {"pointer arithmetic on *_or_null prohibited", is::possibly_null, "adjust_ptr_min_max_vals()"},
    {"invalid mem access 'scalar'", is::scalar_as_pointer, "check_mem_access()"},
    {"invalid mem access 'inv'", is::scalar_as_pointer, "check_mem_access()"},
    {"invalid mem access '", is::pointer_access, "check_mem_access()"},

    {"prohibited for !root", is::permission, "sanitize_err()",
     "Give the process CAP_PERFMON, too (before Linux 5.8: CAP_SYS_ADMIN). Without it, the verifier refuses this arithmetic with pointers, because of Spectre."},
    {"leaks addr", is::permission, "check_mem_access()",
     "Give the process CAP_PERFMON, too (before Linux 5.8: CAP_SYS_ADMIN), or keep the pointer out of memory that others can read. Without it, the verifier lets no address of the kernel get there."},
    {"math between * pointer and register with unbounded min value", is::pointer_arithmetic, "check_reg_sane_offset()"},
    {"math between ", is::pointer_arithmetic, "check_reg_sane_offset()"},
    {"pointer be out of bounds", is::pointer_arithmetic, "check_reg_sane_offset()"},
    {"pointer arithmetic on ", is::pointer_arithmetic, "adjust_ptr_min_max_vals()"},
    {"32-bit pointer arithmetic prohibited", is::pointer_arithmetic, "adjust_ptr_min_max_vals()"},
    {"on pointer prohibited", is::pointer_arithmetic, "adjust_ptr_min_max_vals()"},
    {"pointer prohibited", is::pointer_arithmetic, "adjust_reg_min_max_vals()",
     "Two pointers cannot be added. One of them has to be a number. Keep the distance in an integer variable: add the number to the pointer, or subtract two pointers of the same packet to get it.", true},
    {"pointer arithmetic prohibited", is::pointer_arithmetic, "check_alu_op()"},
    {"partial copy of pointer", is::pointer_arithmetic, "check_alu_op()"},

    // The same message, since Linux 5.12 and before.
    {"is not a known constant'", is::size_argument, "check_func_arg()", takes_constant_size, true},
    {"unbounded size, use 'var &= const'", is::size_argument, "check_func_arg()", takes_constant_size, true},
    {"invalid zero-sized read", is::size_argument, "check_mem_size_reg()",
     "Zero is a size that the program may pass. Exclude it: size = (size & (sizeof buffer - 1)) + 1 works on every kernel when sizeof buffer is a power of two."},
    {"unbounded memory access, use 'var &= const'", is::size_argument, "check_mem_size_reg()"},
    {"min value is negative, either use unsigned or 'var &= const'", is::size_argument, "check_mem_size_reg()"},
    {"invalid indirect access to stack", is::size_argument, "check_stack_range_initialized()"},

    {"invalid access to packet", is::packet_bounds, "__check_mem_access()"},
    {"is outside of the packet", is::packet_bounds, "check_packet_access()"},
    {"invalid access to map value", is::memory_bounds, "__check_mem_access()",
     "If the place is a constant, use a smaller index or a larger value."},
    {"invalid access to memory", is::memory_bounds, "__check_mem_access()"},
    {"invalid access to key", is::memory_bounds, "__check_mem_access()"},
    {"is outside of the allowed memory range", is::memory_bounds, "check_mem_region_access()"},
    {"unbounded memory access", is::memory_bounds, "check_mem_region_access()"},
    {"min value is negative, either use unsigned index", is::memory_bounds, "check_mem_region_access()"},
    {"invalid access to * buffer", is::memory_bounds, "__check_buffer_access()"},

    {"combined stack size of", is::stack_depth, "check_max_stack_depth()"},
    {"frames is too deep", is::stack_depth, "check_max_stack_depth()"},
    {"invalid write to stack", is::stack_bounds, "check_stack_access_within_bounds()"},
    {"invalid stack ", is::stack_bounds, "check_stack_access_within_bounds()"},
    {"invalid variable-offset", is::stack_bounds, "check_stack_access_within_bounds()"},
    {"invalid unbounded variable-offset", is::stack_bounds, "check_stack_access_within_bounds()"},
    {"variable stack", is::stack_bounds, "check_stack_access()"},

    {"BPF program is too large", is::too_complex, "do_check()"},
    {"jumps is too complex", is::too_complex, "push_stack()"},
    {"program too large", is::too_complex, "bpf_prog_load()"},
    {"back-edge from insn", is::endless_loop, "push_insn()"},
    {"infinite loop detected", is::endless_loop, "is_state_visited()"},

    // The kind of program is right, and not sleepable: see add_case_of_sleep().
    {"program of this type cannot use helper bpf_copy_from_user#", is::sleep_or_rcu, "check_helper_call()"},
    {"unknown func bpf_copy_from_user#", is::sleep_or_rcu, "check_helper_call()"},
    {"helper call might sleep in a non-sleepable prog", is::sleep_or_rcu, "check_helper_call()"},
    {"sleepable helper", is::sleep_or_rcu, "check_helper_call()"},
    {"in non-sleepable prog", is::sleep_or_rcu, "check_helper_call()"},
    {"must be sleepable to call", is::sleep_or_rcu, "check_kfunc_call()"},
    {"is sleepable within", is::sleep_or_rcu, "check_kfunc_call()"},
    {"leepable prog", is::sleep_or_rcu, "check_attach_btf_id()"},
    {"is not sleepable", is::sleep_or_rcu, "bpf_check_attach_target()",
     "This hook itself cannot sleep, whatever SEC() says: choose another hook (system calls and lsm.s/bprm_committed_creds can). Or remove the .s and do without the call that sleeps: bpf_probe_read_user() in place of bpf_copy_from_user().", true},
    {"rcu_read_unlock", is::sleep_or_rcu, "check_kfunc_call()"},
    {"rcu_read_lock", is::sleep_or_rcu, "check_resource_leak()"},
    {"preempt_disable", is::sleep_or_rcu, "check_resource_leak()"},
    {"preempt_enable", is::sleep_or_rcu, "check_kfunc_call()"},

    {"bpf_spin_unlock is missing", is::lock_held, "do_check()"},
    {"bpf_spin_lock-ed region", is::lock_held, "check_resource_leak()"},
    {"while holding a lock", is::lock_held, "do_check()"},
    {"bpf_spin_unlock ", is::lock_held, "process_spin_lock()"},
    {"bpf_spin_locks are not allowed", is::lock_held, "process_spin_lock()"},

    {"Unreleased reference", is::unreleased_reference, "check_reference_leak()"},
    {"would lead to reference leak", is::unreleased_reference, "check_resource_leak()"},
    {"reference has not been acquired before", is::unreleased_reference, "release_reference()"},

    {"GPL-restricted function", is::licence, "check_helper_call()"},
    {"from non-GPL compatible program", is::licence, "add_kfunc_call()"},
    {"invalid func unknown#", is::unknown_helper, "check_helper_call()"},
    {"invalid func ", is::unknown_helper, "check_helper_call()"},
    {"program of this type cannot use helper", is::helper_not_allowed, "check_helper_call()"},
    {"unknown func ", is::helper_not_allowed, "check_helper_call()"},
    {"helper call is not allowed in probe", is::helper_not_allowed, "check_helper_call()"},
    {"calling kernel function * is not allowed", is::kernel_function_not_allowed, "check_kfunc_call()"},
    {"metadata kfuncs require device-bound program", is::kernel_function_not_allowed, "bpf_dev_bound_kfunc_check()",
     "This function works only in an XDP program that is loaded for one network interface: call bpf_program__set_ifindex() and bpf_program__set_flags() with BPF_F_XDP_DEV_BOUND_ONLY before the load. In other programs, leave the call out. bpf_ksym_exists() does not help: the function exists.", true},
    {"calling kernel function", is::kernel_function_not_allowed, "add_kfunc_call()"},

    {"Unsupported reg type", is::dynptr_or_iterator, "process_dynptr_func()",
     "bpf_dynptr_from_mem() takes the value of a map, not memory on the stack."},
    {"Expected an initialized dynptr", is::dynptr_or_iterator, "process_dynptr_func()", has_no_dynptr, true},
    {"nitialized dynptr", is::dynptr_or_iterator, "process_dynptr_func()"},
    {"dynptr", is::dynptr_or_iterator, "process_dynptr_func()"},
    {"nitialized iter_", is::dynptr_or_iterator, "process_iter_arg()"},
    {"!read_ok", is::uninitialised, "check_reg_arg()"},
    {"invalid read from stack", is::uninitialised, "check_stack_read_fixed_off()"},
    {"invalid indirect read from stack", is::uninitialised, "check_stack_range_initialized()"},
    {"corrupted spill memory", is::uninitialised, "check_stack_read_fixed_off()"},

    {"the register R0 has value (0x", is::return_value, "check_return_code()",
     "The numbers are (value; mask): the bits that are set in the mask are not known, or may be anything."},
    {"the register R0 has", is::return_value, "check_return_code()"},
    {"R0 leaks addr as return value", is::return_value, "check_return_code()"},

    {"cannot pass map_type", is::map_type, "check_map_func_compatibility()"},
    {"must be referenced or trusted", is::kernel_function_argument, "check_kfunc_args()",
     "For a pointer that the kernel protects by RCU, bpf_rcu_read_lock() around the read and the call is enough where the function takes such pointers."},
    {"must be a rcu pointer", is::kernel_function_argument, "check_kfunc_args()",
     "The kernel trusts this pointer neither as an argument nor under bpf_rcu_read_lock(). Pass an argument of the program, what another kernel function returned, or a field that the kernel marks as trusted, such as task->real_parent."},
    {"kernel function * args#", is::kernel_function_argument, "check_kfunc_args()"},
    {"arg#", is::kernel_function_argument, "check_kfunc_args()"},
    {"trusted arg", is::kernel_function_argument, "check_kfunc_args()"},
    {"is not a known constant", is::kernel_function_argument, "check_kfunc_args()"},
    {" expected=", is::argument, "check_reg_type()"},
    {"R* is of type * but * is expected", is::argument, "check_reg_type()"},
    {"is not a pointer to", is::argument, "check_reg_type()"},

    {"write into map forbidden", is::read_only_memory, "check_map_access_type()"},
    {"cannot write into", is::read_only_memory, "check_mem_access()"},
    {"write to change key", is::read_only_memory, "check_mem_access()"},
    {"read from map forbidden", is::read_only_memory, "check_map_access_type()"},
    {"invalid bpf_context access", is::context_access, "check_ctx_access()"},
    {"dereference of modified ctx ptr", is::context_access, "__check_ptr_off_reg()"},
    {"variable ctx access", is::context_access, "__check_ptr_off_reg()"},
    {"negative offset ctx ptr", is::context_access, "__check_ptr_off_reg()"},
    {"-th argument", is::context_access, "btf_ctx_access()"},
    {"access beyond struct", is::kernel_memory, "btf_struct_walk()"},
    {"only read is supported", is::kernel_memory, "check_ptr_to_btf_access()"},
    {"cannot access ptr member", is::kernel_memory, "btf_struct_walk()"},
    {"access beyond the end of member", is::kernel_memory, "btf_struct_walk()"},
    {"misaligned * access", is::misaligned_access, "check_ptr_alignment()"},

    {"unreachable insn", is::unreachable_code, "check_cfg()"},
    {"jump out of range", is::unreachable_code, "check_subprogs()"},
    {"last insn is not an exit or jmp", is::unreachable_code, "check_subprogs()"},
    {"jump into the middle of ldimm64", is::unreachable_code, "check_cfg()"},
    {"tail_call", is::tail_call, "check_helper_call()"},
    {"unknown opcode", is::unknown_instruction, "resolve_pseudo_ldimm64()"},
    {"BPF_CALL uses reserved fields", is::kernel_function_not_allowed, "do_check()",
     "The program calls a kernel function (kfunc), and this kernel has none. They came with Linux 5.13, those of bpf_for() with 6.4."},
    {"number of funcs in func_info", is::unknown_helper, "check_btf_func()",
     "The program passes a function to a helper such as bpf_loop() or bpf_for_each_map_elem(). Kernels before 5.13 do not know that."},
    {"uses reserved fields", is::unknown_instruction, "do_check()"},
    {"invalid atomic opcode", is::unknown_instruction, "check_atomic()"},
    {"invalid BPF_", is::unknown_instruction, "do_check()"},
    {"is not modifiable", is::attach_target, "check_attach_modify_return()"},
    {"is not a function", is::attach_target, "bpf_check_attach_target()"},
    {"attach_btf_id", is::attach_target, "bpf_check_attach_target()"},
    {"Tracing program", is::attach_target, "bpf_check_attach_target()"},
    {"Attach", is::attach_target, "bpf_check_attach_target()"},
    {"in-kernel BTF is malformed", is::missing_btf, "bpf_check()"},
};

constexpr known_message from_libbpf[] = {
    {"failed to resolve CO-RE relocation", is::missing_field, "libbpf"},
    {"invalid CO-RE relocation", is::missing_field, "libbpf"},
    {"failed to find valid kernel BTF", is::missing_btf, "libbpf"},
    {"Error loading vmlinux BTF", is::missing_btf, "libbpf"},
    {"kernel BTF is missing", is::missing_btf, "libbpf"},
    {"failed to find kernel BTF type ID of", is::attach_target, "libbpf"},
    {"is not found in vmlinux BTF", is::attach_target, "libbpf"},
    {"no BTF-based attach target is specified", is::attach_target, "libbpf"},
    {"not found in kernel or module BTFs", is::kernel_symbol, "libbpf", one_name_at_a_time},
    {"extern (* incompatible with kernel", is::kernel_symbol, "libbpf"},
    {"extern (*not found", is::kernel_symbol, "libbpf", one_name_at_a_time},
    {"extern * is missing", is::kernel_symbol, "libbpf", one_name_at_a_time},
    {"missing BPF prog type, check ELF section name", is::section_name, "libbpf"},
    // libbpf prints it for EPERM, also where the limit does not matter (pr_perm_msg()).
    {"try raising 'ulimit -l'", is::permission, "libbpf"},
    // "map 'counts': failed to create: Out of memory(-12)"; "-ENOMEM" since libbpf 1.6. Kernels before
    // 5.11 and some map types say E2BIG for what is too large.
    {"failed to create: *(-12)", is::memory_limit, "libbpf"},
    {"failed to create: -ENOMEM", is::memory_limit, "libbpf"},
    {"failed to create: *(-7)", is::memory_limit, "libbpf"},
    {"failed to create: -E2BIG", is::memory_limit, "libbpf"},
    {"failed to create: *(-22)", is::map_definition, "libbpf"},
    {"failed to create: -EINVAL", is::map_definition, "libbpf"},
};
// clang-format on

// Whether `text` has the parts of the pattern between its `*`, in that order, in one line.
bool matches_message(std::string_view text, std::string_view pattern) {
  while (!text.empty()) {
    auto line = first(text, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? text.size() : line.size() + 1);
    auto parts = pattern;
    for (;;) {
      const auto part = first(parts, parts.find('*'));
      const auto at = line.find(part);
      if (at == std::string_view::npos)
        break;
      line.remove_prefix(at + part.size());
      if (part.size() == parts.size())
        return true;
      parts.remove_prefix(part.size() + 1);
    }
  }
  return false;
}

template <std::size_t size>
const known_message* find_in(const known_message (&messages)[size], std::string_view text) {
  for (const auto& message : messages) {
    if (matches_message(text, message.pattern))
      return &message;
  }
  return nullptr;
}

}  // namespace

const known_message* find_verifier_message(std::string_view reason) noexcept {
  return find_in(from_verifier, reason);
}

const known_message* find_libbpf_message(std::string_view printed) noexcept {
  return find_in(from_libbpf, printed);
}

const known_message* verifier_messages(std::size_t& size) noexcept {
  size = std::size(from_verifier);
  return from_verifier;
}

const known_message* libbpf_messages(std::size_t& size) noexcept {
  size = std::size(from_libbpf);
  return from_libbpf;
}

}  // namespace ebpfkit::detail
