#include <cstddef>
#include <iterator>

#include "rejection.hpp"

namespace ebpfkit::detail {
namespace {

// In the order of `rejection`.
constexpr rejection_texts texts[] = {
    {"possibly_null", "a pointer that may be NULL",
     "A helper such as bpf_map_lookup_elem() returns NULL when it finds nothing. The program uses "
     "the pointer on a path where it was not compared with NULL.",
     "Write `if (!pointer) return 0;` between the call and the first use. Compare the pointer "
     "itself: a copy that was made before the comparison may stay unchecked. Before Linux 5.12, "
     "also compare it before adding an offset to it."},
    {"scalar_as_pointer", "a number that is used as a pointer",
     "The verifier knows the register as a plain number, so the program may not read or write "
     "there. Often the number is an address of kernel or user memory, or a pointer that lost its "
     "type by a cast, by arithmetic or in a map.",
     "Read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ(), and user memory with "
     "bpf_probe_read_user(). A tracing program of the kinds fentry and tp_btf may read kernel "
     "structures directly if it takes their pointers from its arguments. Do not keep a pointer in "
     "an integer or in a map value."},
    {"pointer_access", "an access through a pointer that does not allow it",
     "The register is a pointer, but one that allows neither reads nor writes: the end of the "
     "packet, a map itself, or memory that belongs to the kernel.",
     "Look at the type in the message. Compare data_end with other packet pointers only. Get the "
     "value of a map with bpf_map_lookup_elem()."},
    {"pointer_arithmetic", "arithmetic with a pointer that the verifier cannot follow",
     "The program adds a number without known limits to a pointer, or computes with pointers in a "
     "way that is not allowed: it adds two pointers, multiplies one, or uses half of its bits.",
     "Limit the number before the addition: make it unsigned and write `if (index >= SIZE) return "
     "0;`, or `index &= SIZE - 1` for a power of two. Keep the checked copy: the compiler may "
     "compare one register and add another. If the source checks the number in 32 bits, try MCPU "
     "v2 or make the variable 64 bits wide."},
    {"memory_bounds", "an access outside of a map value or a buffer",
     "The program reads or writes at a place that may be outside of the memory: the index has no "
     "upper limit, may be negative, or the size does not fit. The message has the size of the "
     "memory and the largest offset that the verifier thinks possible.",
     "Compare the index with the number of elements just before the access, as an unsigned number: "
     "`if (index >= COUNT) return 0;`. For a size that is a power of two, `index &= COUNT - 1` is "
     "what every verifier understands. If the source has the check, the compiler may have moved "
     "it: put the index into a variable that is `volatile`, or use barrier_var(index) before the "
     "check."},
    {"packet_bounds", "packet data that was not compared with data_end",
     "A program may read only those bytes of a packet for which it has compared a pointer with "
     "data_end. The message tells the offset and the size of the access; r= is the number of bytes "
     "that were checked.",
     "Write `if (data + SIZE > data_end) return ...;` with the end of the access, not its "
     "beginning. Check again after a helper that changes the packet (bpf_skb_pull_data(), "
     "bpf_xdp_adjust_head(), ...): it makes the old pointers invalid. In a tc program, data that "
     "is not linear needs bpf_skb_load_bytes()."},
    {"stack_bounds", "an access outside of the stack",
     "A function has 512 bytes of stack. The program reads or writes outside of them, or at an "
     "offset that the verifier does not know.",
     "Move large variables into the value of a per-CPU array map with one element. Compare an "
     "index into an array on the stack with its size before the access."},
    {"stack_depth", "too much stack of functions that call each other",
     "The functions of one chain of calls have 512 bytes of stack together, and a chain has at "
     "most 8 functions. The message tells the sum.",
     "Move large variables, also those of the functions that it calls, into the value of a per-CPU "
     "array map. Mark small functions `static __always_inline`, so that they share the stack of "
     "their caller. Split the program with a tail call."},
    {"too_complex", "a program that is too large or too complex",
     "The verifier follows every path, and gives up after one million instructions or 8192 "
     "branches that wait to be followed. Each round of a loop counts, and each branch in a loop "
     "doubles the work.",
     "Make loops shorter: a million instructions are the limit of all rounds together, and with a "
     "branch that the verifier cannot decide in each round, a loop may have fewer than 8192. Or "
     "use "
     "bpf_loop() (Linux 5.17) or bpf_for() (Linux 6.4), whose body is verified once. Move parts "
     "into global functions (not static): each is verified once. Initialise variables just before "
     "they are needed, so that the verifier finds equal states. Split the program with a tail "
     "call."},
    {"endless_loop", "a loop that the verifier cannot see ending",
     "The program jumps back, and the verifier finds the same state again, or this kernel does not "
     "allow loops, at least not for this user.",
     "Give the loop a constant limit: `for (int i = 0; i < 100; i++)`. Make sure that the variable "
     "of the condition changes in each round. Use bpf_loop() or bpf_for() for loops whose limit is "
     "not known. Kernels before 5.3 need `#pragma unroll`."},
    {"unknown_helper", "a helper that this kernel does not have",
     "The program calls a helper function by a number that the running kernel does not know. The "
     "kernel is older than the helper, or the number is wrong.",
     "Look up which release brought the helper, in the manual page bpf-helpers(7). Guard the call: "
     "`if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_...))`, and do something else on "
     "older kernels. Where the header lacks the name, declare it: `enum bpf_func_id___newer { "
     "BPF_FUNC_name___newer = 211 };`. Or ask ebpfkit::kernel_features before loading."},
    {"helper_not_allowed", "a helper that this kind of program may not call",
     "The kernel has the helper, but not for programs of this type. On older kernels, a helper may "
     "be allowed for fewer types, or only for sleepable programs.",
     "Use another helper, or another kind of program: the name in SEC() decides. Helpers that may "
     "sleep, such as bpf_copy_from_user(), need a sleepable section such as SEC(\"fentry.s/...\") "
     "or SEC(\"lsm.s/...\")."},
    {"licence", "a function for programs under the GPL only",
     "Some functions of the kernel may be called only by programs whose licence is compatible with "
     "the GPL.",
     "If you may, declare `char LICENSE[] SEC(\"license\") = \"GPL\";` or \"Dual BSD/GPL\". "
     "Otherwise use a function that is not restricted: bpf-helpers(7) and the kernel's source tell "
     "(gpl_only)."},
    {"uninitialised", "a register or stack memory that has no value",
     "The program reads a register or a part of the stack that nothing has written on this path. A "
     "call of a helper also destroys the registers R1 to R5. Padding of a structure counts as "
     "memory that nothing has written.",
     "Initialise the variable where it is declared; in inline assembly, write the register or the "
     "stack first. "
     "Clear a whole structure, with its padding: `__builtin_memset(&value, 0, sizeof value);`. "
     "Give a function that returns a value a return on each path."},
    {"unreleased_reference", "something that is acquired and not released",
     "The program took a reference (a socket, a record of a ring buffer, a task, ...) and may end, "
     "or lose the pointer, without giving it back. The message has the number of the instruction "
     "that took it.",
     "Give it back on every path: bpf_ringbuf_submit() or bpf_ringbuf_discard(), bpf_sk_release(), "
     "bpf_task_release(), .... Look at the early returns between the call and the release."},
    {"lock_held", "a spin lock that is held where it must not be",
     "Between bpf_spin_lock() and bpf_spin_unlock() a program may not end, call functions or take "
     "a second lock. One path does.",
     "Unlock on every path, also before early returns. Call helpers before the lock, and keep "
     "their results in variables."},
    {"return_value", "a return value that this hook does not take",
     "The kernel allows only certain return values for this kind of program. The message has the "
     "value that the verifier found, and the range that is allowed.",
     "Return one of the constants of the hook on every path: for cgroup programs 1 to allow and 0 "
     "to refuse, 0 for fentry and for raw tracepoints with BTF, 0 or a negative errno for LSM. Do "
     "not return the "
     "result of a helper unless its range is limited."},
    {"sleep_or_rcu", "a rule about sleeping or RCU",
     "The program calls something that may sleep where it must not, or it does not end a section "
     "(RCU, preemption) that it began. Only sleepable programs may sleep, and not inside "
     "bpf_rcu_read_lock().",
     "Make the program sleepable with a section such as SEC(\"fentry.s/...\"), SEC(\"lsm.s/...\") "
     "or SEC(\"iter.s/...\") if the hook can sleep: fentry.s takes system calls and functions that "
     "allow error injection only. Or use a helper that does not "
     "sleep (bpf_probe_read_user() instead of bpf_copy_from_user()). End each section on every "
     "path, and call what sleeps outside of it."},
    {"argument", "an argument of the wrong type",
     "A helper wants another kind of pointer than the program gives. The message has the register "
     "(R1 is the first argument), the type that it has, and the types that are expected.",
     "Compare the call with the helper's prototype in bpf-helpers(7): the order of the arguments "
     "first. Memory for a helper must be on the stack, in a map value or in the packet (after its "
     "check). A map is given as &map."},
    {"size_argument", "a size that is not limited, or too large for the memory",
     "A helper takes memory and its size. The verifier must know that the size is not negative, "
     "not zero where zero is not allowed, and not larger than the memory.",
     "Make the size `unsigned long`, because the compiler may test a copy of a smaller one, and "
     "limit it just before the call: `if (size == 0 || size > sizeof buffer) return 0;`. Where an "
     "older kernel does not follow that: `size &= sizeof buffer - 1` for a power of two, with one "
     "added where zero is not allowed. The mask changes a size that is too large."},
    {"map_type", "a map that does not fit the helper",
     "The helper does not work on maps of this type. The message has the number of the map type "
     "(enum bpf_map_type) and the helper.",
     "Use the helper that belongs to the map: bpf_ringbuf_output() for a ring buffer, "
     "bpf_perf_event_output() for a perf event array, bpf_map_push_elem() for a queue, "
     "bpf_tail_call() for a program array. Or choose another type of map."},
    {"kernel_function_argument", "an argument that a kernel function does not take",
     "Kernel functions (kfuncs) want trusted pointers: arguments of the hook, or what another "
     "kernel function returned, compared with NULL. A pointer that was read out of a structure is "
     "usually not trusted.",
     "Get the pointer from an argument of the program, or from a function that acquires it, such "
     "as bpf_task_from_pid(). Compare it with NULL. What such a function acquires must be released "
     "on every path: bpf_task_release(), which the program declares with __ksym, too."},
    {"kernel_function_not_allowed", "a kernel function that this kind of program may not call",
     "The kernel registers each kernel function (kfunc) for certain types of programs, and on "
     "older kernels for fewer.",
     "Look in the kernel's source for register_btf_kfunc_id_set() with the function's set. Use "
     "another kind of program, or a helper that does the same. To load where older kernels do not "
     "have it, declare the function `__weak`, and ask bpf_ksym_exists() before the call."},
    {"kernel_symbol", "a kernel function or variable that this kernel does not have",
     "The program declares something with __ksym that the running kernel lacks, or declares it "
     "with another type than the kernel: the kernel is older or newer than the program expects, or "
     "built without it.",
     "Declare it `__weak __ksym`, and ask `if (bpf_ksym_exists(name))` before the use (an older "
     "libbpf lacks it: include <ebpfkit/bpf_compat.h>). Compare the declaration with the one in "
     "the kernel's BTF: bpftool btf dump file /sys/kernel/btf/vmlinux. If a module has it, load "
     "the module first."},
    {"missing_field", "a type or field that this kernel does not have (CO-RE)",
     "The program reads a field by a CO-RE relocation, and the kernel's BTF has no such field: it "
     "has another name there, is in another structure, or does not exist. libbpf replaced the "
     "instruction by one that cannot run.",
     "Ask before the access: `if (bpf_core_field_exists(pointer->field))`, and read the field's "
     "other name otherwise (a structure with ___suffix in its name may declare it). `ebpfkit core "
     "check` tells for which kernels relocations fail."},
    {"missing_btf", "no BTF of the kernel",
     "The program needs the types of the running kernel, and the kernel has none "
     "(/sys/kernel/btf/vmlinux): it was built without CONFIG_DEBUG_INFO_BTF.",
     "Give the application the BTF of this kernel: ebpf_embed_btf(), or btf_custom_path of the "
     "open options. Programs of the kinds fentry, LSM, tp_btf and struct_ops need the kernel's own "
     "BTF: use kprobes or tracepoints there."},
    {"attach_target", "a hook that this kernel does not have",
     "The function or tracepoint that SEC() names is not in the kernel, or programs may not be "
     "attached to it: it has another name in this version, is inlined, or is in a module that is "
     "not loaded.",
     "Look it up: `bpftool btf dump file /sys/kernel/btf/vmlinux | grep NAME`, or "
     "/sys/kernel/tracing/available_filter_functions. Choose the function at run time with "
     "set_attach_target(), or switch the program off with set_autoload(false)."},
    {"permission", "a missing right",
     "The process may not load this program. Loading needs CAP_BPF, and also CAP_NET_ADMIN for "
     "network programs or CAP_PERFMON for tracing programs. A container, lockdown or a security "
     "module may forbid it even to root.",
     "Run as root or with these capabilities (before Linux 5.8: CAP_SYS_ADMIN). In a container, "
     "add them and allow bpf() in the seccomp profile. As root, look at "
     "/sys/kernel/security/lockdown and at the logs of SELinux or AppArmor. If other programs "
     "load, this kernel or its sandbox forbids only this kind. The limit of locked memory (`ulimit "
     "-l`) matters only before Linux 5.11."},
    {"memory_limit", "not enough memory for programs and maps",
     "The kernel has too little memory, or a limit forbids taking more. Before Linux 5.11 the "
     "memory counts against the limit of locked memory (RLIMIT_MEMLOCK), since then against the "
     "memory cgroup.",
     "Make the maps smaller (max_entries counts once for each CPU in per-CPU maps). Raise the "
     "limit: `ulimit -l unlimited` before Linux 5.11, memory.max of the cgroup since then."},
    {"map_definition", "a map that the kernel does not create",
     "The kernel does not take the map as it is declared: it does not know the type, or a size or "
     "a flag does not fit the type.",
     "max_entries of a ring buffer is its size in bytes: a power of two, and a multiple of the "
     "page size (4096). The key of an array has 4 bytes. LPM tries, and maps with storage for "
     "sockets, tasks, inodes or cgroups, need map_flags BPF_F_NO_PREALLOC. Those with storage also "
     "need max_entries 0, and BTF for key and value. `ebpfkit explain` tells which release brought "
     "a map type."},
    {"unreachable_code", "code that the verifier cannot reach, or a wrong jump",
     "Every instruction must be reachable, every jump must stay inside its function, and each "
     "function must end with exit or a jump. Compilers make such code. Inline assembly may break "
     "these rules, and so may code after __builtin_unreachable() or after undefined behaviour.",
     "Look at inline assembly first. Look for undefined behaviour that lets the compiler drop the "
     "end of a function: a missing return, a shift by too much, an index outside of an array."},
    {"read_only_memory", "a write to memory that is read-only",
     "The memory belongs to a `const` variable (.rodata), to a map with BPF_F_RDONLY_PROG, or to "
     "the kernel.",
     "Remove `const` from the declaration of a variable that the program changes: it is then in "
     ".data or .bss. Write kernel memory only through helpers and kernel functions."},
    {"context_access", "an access to the context that is not allowed",
     "The program reads or writes its first argument at an offset or with a size that this kind of "
     "program does not have: a field that is newer than the kernel, one that cannot be written, or "
     "a pointer to the context to which something was added.",
     "Check the type of the program's first argument against SEC(). Read each field directly "
     "(`context->field`), in its full size. If the compiler adds to the pointer first, copy the "
     "field into a `volatile` variable, or use __builtin_preserve_access_index() with "
     "BPF_CORE_READ for kernel structures. Does the kernel have the field? The message has its "
     "offset."},
    {"kernel_memory", "an access to a kernel structure that its type does not allow",
     "The program follows a pointer to a kernel structure. The offset lies outside of the type, or "
     "the program writes to it.",
     "Check that the pointer has the type that the source says: hooks change their arguments "
     "between versions. Use bpf_core_cast() or BPF_CORE_READ() for another type. A program cannot "
     "write kernel memory in this way."},
    {"misaligned_access", "an access at an address that does not fit its size",
     "The stack and the context must be read and written at offsets that are multiples of the "
     "access's size. Some CPUs need that for packets and map values, too.",
     "Remove __attribute__((packed)) where it is not needed, or read the field in pieces "
     "(__builtin_memcpy). The offset has to be a multiple of the size: -16 in place of -9 for 8 "
     "bytes. Align buffers on the stack with __attribute__((aligned(8)))."},
    {"dynptr_or_iterator", "a wrong use of a dynptr or an iterator",
     "A dynptr (struct bpf_dynptr) stands for memory whose size is known only at run time, and an "
     "iterator (struct bpf_iter_...) for a loop. Both are variables on the stack. Only their own "
     "functions may fill them, use them and end them, in this order.",
     "Fill it first (bpf_dynptr_from_mem() for the value of a map, bpf_iter_num_new(), ...), and "
     "end it on every path (bpf_ringbuf_submit_dynptr(), bpf_iter_num_destroy()). bpf_for() "
     "does both for iterators. Do not copy it, and do not write to it."},
    {"tail_call", "a tail call that is not allowed here",
     "Tail calls need a program array. On some CPUs and kernels, a program with tail calls may not "
     "call functions of its own. It may not hold locks or references at a tail call.",
     "Release locks and references before the tail call. Mark functions `static __always_inline` "
     "in programs with tail calls, or use a newer kernel (5.10 on x86-64, 6.0 on arm64)."},
    {"unknown_instruction", "an instruction that this kernel does not know",
     "The object has instructions of a newer version of BPF than the kernel: atomic operations, "
     "signed division, 32-bit jumps, or long jumps. Or inline assembly has an instruction that no "
     "kernel knows.",
     "Compile for an older version: MCPU v3 (Linux 5.12 for atomic operations), v2 (Linux 4.14) or "
     "v1, in ebpf_add_program() or with -mcpu. If the line is inline assembly, take out the "
     "instruction that no kernel knows."},
    {"section_name", "a section that libbpf does not know",
     "The name in SEC() decides the kind of program. libbpf knows no such name, or this libbpf is "
     "too old for it.",
     "Write one of libbpf's names: \"xdp\", \"tc\", \"kprobe/FUNCTION\", "
     "\"tracepoint/GROUP/EVENT\", \"fentry/FUNCTION\", .... libbpf's documentation has the list "
     "(Program Types and ELF Sections)."},
    {"log_full", "a log that does not fit its buffer",
     "The verifier wrote more than fits the buffer. Kernels before 6.4 then refuse the program "
     "with ENOSPC, and the end of the log, with the reason, is missing. A log of many megabytes "
     "usually means that the program is too complex.",
     "Load again with a smaller log level, such as 4 (statistics only), to see the reason. Shorten "
     "loops and paths."},
    {"other", "a reason that EbpfKit has no text for",
     "The message of the kernel is all that is known.",
     "Read the last lines of the log: the instruction above the message is the one that the "
     "verifier refuses, and the line with a semicolon above that is its source."},
};
static_assert(std::size(texts) == static_cast<std::size_t>(rejection::other) + 1);

}  // namespace

const rejection_texts& texts_of(rejection is) noexcept {
  return texts[static_cast<std::size_t>(is)];
}

}  // namespace ebpfkit::detail
