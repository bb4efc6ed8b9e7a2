// What the running kernel can do, as data and as text, and what an object would miss on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct bpf_object;

namespace ebpfkit {

// What a probe found out. `unknown`: the kernel did not let the process look (EPERM), or answered
// in a way that does not tell.
enum class support : unsigned char { absent, present, unknown };

// As in Linux 5.15; named as in the kernel's Makefile. 0.0: not known to this library.
struct kernel_version {
  unsigned short version = 0;
  unsigned short patchlevel = 0;
};

// Features that have no number of their own in the kernel. What each is and since when it exists:
// kernel_features::rows().
enum class kernel_feature : unsigned char {
  bpf_syscall,
  program_name,
  expected_attach_type,
  bpf_to_bpf_calls,
  isa_v2,
  isa_v3,
  isa_v4,
  atomic_operations,
  load_acquire,
  may_goto,
  large_programs,
  bounded_loops,
  global_data,
  array_mmap,
  prog_bind_map,
  batch_operations,
  ring_buffer,
  memcg_accounting,
  probe_read_kernel,
  btf,
  btf_func,
  btf_datasec,
  btf_func_global,
  btf_float,
  btf_decl_tag,
  btf_type_tag,
  btf_enum64,
  kernel_btf,
  module_btf,
  tracing,
  bpf_lsm,
  link,
  iterator,
  xdp_link,
  perf_link,
  bpf_cookie,
  kprobe_multi_link,
  uprobe_multi_link,
  tcx_link,
  netkit_link,
  token
};

inline constexpr std::size_t kernel_feature_count =
    static_cast<std::size_t>(kernel_feature::token) + 1;

// One line of what kernel_features knows.
struct feature_row {
  const char* group;  // "feature", "program type" or "map type"
  std::string name;   // "ring_buffer", "sched_cls", ...
  std::string text;   // what it is, in words; empty for types
  kernel_version since;
  support state = support::unknown;
  int code = 0;  // errno that made it unknown, else 0
};

// When something that is missing is felt.
enum class missing_effect : unsigned char {
  load,    // the object cannot be loaded
  attach,  // it loads, but the program cannot be attached
  never,   // it loads and attaches, but the program is never run
  none     // libbpf does without, at some cost that the remedy names
};

// Something of the kernel that an object needs.
struct object_need {
  std::string user;  // "program 'count'", "map 'events'" or "object 'packets'"
  std::string what;  // "helper bpf_ringbuf_output", "map type ringbuf", ...
  kernel_version since;
  support state = support::unknown;
  int code = 0;  // errno that made the state unknown, else 0
  missing_effect effect = missing_effect::load;
  std::string remedy;  // what to do where it is missing

  // One line, such as "program 'count' needs helper bpf_loop (since Linux 5.17), which this kernel
  // lacks: it cannot be loaded. <remedy>".
  std::string message() const;
};

// The running kernel's BPF features. A copyable value; not for use from several threads at once.
class kernel_features {
 public:
  // Probes the named features, the program types and the map types: about 110 programs, maps and
  // BTFs that are made and thrown away again, and links that cannot come about; nothing is
  // attached. Never fails: what cannot be found out is `unknown`. Wants the rights that loading
  // programs takes.
  static kernel_features probe();

  support has(kernel_feature feature) const noexcept;

  // For a bpf_prog_type or bpf_map_type of linux/bpf.h. A number that is newer than this library is
  // `absent` when the kernel's BTF does not have it, `present` when the simplest program or map of
  // it comes about, else `unknown`.
  support has_program_type(unsigned program_type) const;
  support has_map_type(unsigned map_type) const;

  // Whether programs of this type (and, where it matters, bpf_attach_type and prog_flags such as
  // BPF_F_SLEEPABLE) may call a helper, a bpf_func_id. Probed when first asked for, then
  // remembered. For tracing, lsm, ext and struct_ops programs it depends on what they attach to:
  // `absent` when the kernel knows no such helper at all, else `unknown`. The kernel logs a warning
  // when bpf_probe_write_user is asked for, as when it is used.
  support has_helper(unsigned program_type, unsigned helper, unsigned attach_type = 0,
                     unsigned program_flags = 0);

  // The errno because of which has() says `unknown`, else 0.
  int why_unknown(kernel_feature feature) const noexcept;

  // Everything that probe() found out: features, program types, map types. Enough for a table or
  // JSON.
  std::vector<feature_row> rows() const;

  // The rows as a table for people.
  std::string text() const;

  // What an opened object that is not loaded yet (skeleton.get(), for example) needs of the kernel,
  // of programs that load automatically and maps that are created, with what is known about each.
  //
  // Looks at program types, attach types, helpers and instructions; where SEC() names one, at the
  // tracepoint in tracefs and at the fentry, fexit or LSM function in the kernel's BTF; at map
  // types, map flags and global data; at the BTF kinds in the object. Does not see what libbpf
  // shows only when it loads: functions that are neither inlined nor programs, kernel functions
  // (kfuncs), and CO-RE relocations
  // (`ebpfkit core check` does those at build time).
  std::vector<object_need> needs_of(const bpf_object* object);

  // Those of needs_of() that the kernel certainly lacks. Empty: none is known to be missing.
  std::vector<object_need> missing_for(const bpf_object* object);

 private:
  struct answer {
    support state = support::unknown;
    int code = 0;
  };
  struct helper_answer {
    std::uint64_t type_and_helper;
    std::uint64_t attach_type_and_flags;
    support state;
  };

  kernel_features() = default;
  static bool comes_before(const helper_answer& a, const helper_answer& b) noexcept;

  bool may_probe_ = true;
  answer named_[kernel_feature_count];
  std::vector<answer> program_types_;  // by number; [0] is not used
  std::vector<answer> map_types_;
  std::vector<helper_answer> helpers_;  // sorted
};

// "present", "absent" or "unknown".
const char* support_text(support state) noexcept;

// "bpf_loop", or the number where this library does not know the name.
std::string helper_name(unsigned helper);

// The release that brought a helper, told by its number; 0.0 when the number is not known here.
kernel_version helper_since(unsigned helper) noexcept;

}  // namespace ebpfkit
