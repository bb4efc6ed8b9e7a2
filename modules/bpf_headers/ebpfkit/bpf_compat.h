// Macros of newer libbpf headers for BPF programs, for systems whose libbpf does not have them yet.
//
// Include this header after libbpf's headers:
//
//   #include "vmlinux.h"
//   #include <bpf/bpf_helpers.h>
//   #include <bpf/bpf_tracing.h>
//   #include <ebpfkit/bpf_compat.h>
//
// It defines only what these headers leave undefined. BPF_UPROBE and BPF_URETPROBE need
// <bpf/bpf_tracing.h>, bpf_core_cast needs <bpf/bpf_core_read.h>.
//
// The macros do not make the kernel newer. The verifier knows most of these attributes, and the
// functions behind the loops and behind bpf_core_cast, only since some version of Linux 6.
#ifndef EBPFKIT_BPF_COMPAT_H
#define EBPFKIT_BPF_COMPAT_H

// If libbpf's headers came later, they would define these macros a second time.
#ifndef __BPF_HELPERS__
#error "Include <bpf/bpf_helpers.h> before <ebpfkit/bpf_compat.h>."
#endif

#ifndef __kptr_untrusted
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#endif
#ifndef __percpu_kptr
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#endif
#ifndef __uptr
#define __uptr __attribute__((btf_type_tag("uptr")))
#endif

#ifndef __arg_ctx
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#endif
#ifndef __arg_nonnull
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#endif
#ifndef __arg_nullable
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#endif
#ifndef __arg_trusted
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#endif
#ifndef __arg_arena
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))
#endif

// The compiler takes the address of a symbol that is not weak for true, and removes the question.
#ifndef bpf_ksym_exists
#define bpf_ksym_exists(symbol)                                                                \
  ({                                                                                           \
    _Static_assert(!__builtin_constant_p(!!(symbol)), "declare " #symbol " as __weak __ksym"); \
    !!(symbol);                                                                                \
  })
#endif

#if defined(__BPF_TRACING_H__) && !defined(BPF_UPROBE)
#define BPF_UPROBE(...) BPF_KPROBE(__VA_ARGS__)
#endif
#if defined(__BPF_TRACING_H__) && !defined(BPF_URETPROBE)
#define BPF_URETPROBE(...) BPF_KRETPROBE(__VA_ARGS__)
#endif

#if defined(__BPF_CORE_READ_H__) && !defined(bpf_core_cast)
extern void* bpf_rdonly_cast(const void* object, __u32 type) __weak __ksym;
#define bpf_core_cast(pointer, type) \
  ((typeof(type)*)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type)))
#endif

// Loops by iterators of the kernel. A loop makes the iterator, calls its `next` function before
// each round, and destroys it however the loop is left. The verifier wants exactly that. clang
// writes no BTF for a function that only the attribute `cleanup` names, so the loops name it once
// more.

#ifndef bpf_for_each
#define bpf_for_each(kind, current, arguments...)                                        \
  for (struct bpf_iter_##kind ebpfkit_iterator                                           \
       __attribute__((aligned(8), cleanup(bpf_iter_##kind##_destroy))),                  \
       *ebpfkit_start                                                                    \
       __attribute__((unused)) = (bpf_iter_##kind##_new(&ebpfkit_iterator, ##arguments), \
                                  (void)bpf_iter_##kind##_destroy, (void*)0);            \
       ((current) = bpf_iter_##kind##_next(&ebpfkit_iterator));)
#endif

#if !defined(bpf_for) || !defined(bpf_repeat)
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __weak __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* it) __weak __ksym;
#endif

// Compares the number again, so that the verifier knows its range.
#ifndef bpf_for
#define bpf_for(number, begin, end)                                                             \
  for (struct bpf_iter_num ebpfkit_iterator                                                     \
       __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),                              \
       *ebpfkit_start                                                                           \
       __attribute__((unused)) = (bpf_iter_num_new(&ebpfkit_iterator, (begin), (end)),          \
                                  (void)bpf_iter_num_destroy, (void*)0);                        \
       ({                                                                                       \
         int* ebpfkit_next = bpf_iter_num_next(&ebpfkit_iterator);                              \
         (ebpfkit_next && ((number) = *ebpfkit_next, (number) >= (begin) && (number) < (end))); \
       });)
#endif

#ifndef bpf_repeat
#define bpf_repeat(count)                                                                         \
  for (struct bpf_iter_num ebpfkit_iterator                                                       \
       __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),                                \
       *ebpfkit_start __attribute__((unused)) = (bpf_iter_num_new(&ebpfkit_iterator, 0, (count)), \
                                                 (void)bpf_iter_num_destroy, (void*)0);           \
       bpf_iter_num_next(&ebpfkit_iterator);)
#endif

#endif  // EBPFKIT_BPF_COMPAT_H
