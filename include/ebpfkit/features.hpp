// What the running kernel supports, as data and as text, and what an object needs that the kernel
// lacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct bpf_object;

namespace ebpfkit {

// The result of a probe. `unknown`: the kernel did not permit the probe (EPERM), or its answer does
// not tell.
enum class support : unsigned char { absent, present, unknown };

// A release such as Linux 5.15. The members have the names of the kernel's Makefile. 0.0: this
// library does not know the release.
struct kernel_version {
  unsigned short version = 0;
  unsigned short patchlevel = 0;
};

// Features that have no number of their own in the kernel. kernel_features::rows() tells what each
// is and which release brought it.
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

// One thing that kernel_features knows.
struct feature_row {
  const char* group;  // "feature", "program type" or "map type"
  std::string name;   // "ring_buffer", "sched_cls", ...
  std::string text;   // what it is, in words; empty for types
  kernel_version since;
  support state = support::unknown;
  int code = 0;  // the errno that made `state` unknown, else 0
};

// What happens when the kernel lacks something.
enum class missing_effect : unsigned char {
  load,    // the object cannot be loaded
  attach,  // it loads, but the program cannot be attached
  never,   // it loads and attaches, but the kernel never runs the program
  none     // libbpf works without it, at a cost that the remedy names
};

// Something that an object needs from the kernel.
struct object_need {
  std::string user;  // "program 'count'", "map 'events'" or "object 'packets'"
  std::string what;  // "helper bpf_ringbuf_output", "map type ringbuf", ...
  kernel_version since;
  support state = support::unknown;
  int code = 0;  // the errno that made the state unknown, else 0
  missing_effect effect = missing_effect::load;
  std::string remedy;  // what to do when the kernel lacks it

  // One line, such as "program 'count' needs helper bpf_loop (since Linux 5.17), which this kernel
  // lacks: it cannot be loaded. <remedy>".
  std::string message() const;
};

// The running kernel's BPF features. A copyable value. Several threads must not use the same one at
// once.
class kernel_features {
 public:
  // Probes the named features, the program types and the map types. It makes about 110 programs,
  // maps and BTFs and closes them again, and it asks for links that the kernel must refuse. It
  // attaches nothing. It never fails: what it cannot find out is `unknown`. It needs the rights
  // that loading programs needs.
  static kernel_features probe();

  support has(kernel_feature feature) const noexcept;

  // Whether the kernel has a bpf_prog_type or bpf_map_type of linux/bpf.h. A type that is newer
  // than this library is `absent` when the kernel's BTF does not have its number, `present` when
  // the kernel makes the simplest program or map of the type, else `unknown`.
  support has_program_type(unsigned program_type) const;
  support has_map_type(unsigned map_type) const;

  // Whether programs of this type may call a helper (a bpf_func_id). Pass the bpf_attach_type, and
  // prog_flags such as BPF_F_SLEEPABLE, where they matter. The first call for a helper probes it;
  // later calls return the remembered answer. For tracing, lsm, ext and struct_ops programs the
  // answer depends on what they attach to: it is `absent` when the kernel does not know the helper
  // at all, else `unknown`. Probing bpf_probe_write_user makes the kernel log the warning that it
  // logs when a program uses this helper.
  support has_helper(unsigned program_type, unsigned helper, unsigned attach_type = 0,
                     unsigned program_flags = 0);

  // The errno that made has() return `unknown`, else 0.
  int why_unknown(kernel_feature feature) const noexcept;

  // Everything that probe() found out: features, program types, map types. For tables or JSON of
  // your own.
  std::vector<feature_row> rows() const;

  // The rows as a table for people.
  std::string text() const;

  // What an object needs from the kernel, with what is known about each need. The object is opened
  // and not loaded yet (skeleton.get(), for example). Only programs that load automatically count,
  // and maps that the load creates.
  //
  // This looks at:
  //   - program types, attach types, helpers and instructions;
  //   - the tracepoint that SEC() names, in tracefs;
  //   - the fentry, fexit or LSM function that SEC() names, in the kernel's BTF;
  //   - map types, map flags and global data;
  //   - the BTF kinds in the object.
  // It does not see what libbpf shows only when it loads: functions that are neither inlined nor
  // programs, kernel functions (kfuncs), and CO-RE relocations (`ebpfkit core check` checks those
  // at build time).
  std::vector<object_need> needs_of(const bpf_object* object);

  // The needs that the kernel certainly lacks. Empty: nothing is known to be missing.
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

// A name such as "bpf_loop", or the number when this library does not know the name.
std::string helper_name(unsigned helper);

// The release that brought the helper with this number; 0.0 when this library does not know it.
kernel_version helper_since(unsigned helper) noexcept;

}  // namespace ebpfkit
