// The hooks in the kernel that programs name in SEC(): functions, tracepoints, system calls, LSM
// hooks, iterators.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

// Whether SEC("<section>") names a hook that kernel_hooks can look for.
bool names_kernel_hook(std::string_view section);

// The hooks that kernels have, as far as BTF tells.
class kernel_hooks {
 public:
  // The kernels must live as long as this. A hook exists if one of them has it.
  explicit kernel_hooks(std::vector<std::shared_ptr<const type_graph>> kernels);

  // The SEC() to write instead of SEC("<section>") when no kernel has the hook that it names, and
  // one has a hook of a name that is much like it. Empty otherwise: also when the section names no
  // hook of the kernel, and when BTF does not list hooks of its kind.
  //
  // BTF lists functions (not inlined ones, and not those whose arguments the compiler changed) and
  // tracepoints, as `typedef btf_trace_<name>` (include/trace/bpf_probe.h). A system call is a
  // function __<architecture>_sys_<name>, an LSM hook bpf_lsm_<name>, an iterator
  // bpf_iter_<name>. BTF does not list the categories of tracepoints.
  std::string better_hook(std::string_view section) const;

  // Whether SEC("<section>") names a hook that the kernel looks for in its own BTF (fentry, fexit,
  // fmod_ret, tp_btf, lsm, iter), and no kernel has it. False also when the BTF lists no hooks of
  // this kind, and when the section names a hook of a module.
  bool lacks_described_hook(std::string_view section) const;

 private:
  std::vector<std::shared_ptr<const type_graph>> kernels_;
};

// Tells which programs name a hook that is probably misspelt, with the SEC() to write. `kernels`
// are called `shown` in the texts.
//
// These are only warnings: the object may be meant for other kernels too, and a module may have the
// hook. A program that is off at first (SEC("?...")) is left out, because the application turns it
// on only where its kernel has the hook.
std::vector<std::string> hook_warnings(const bpf_object_file& object, const kernel_hooks& kernels,
                                       std::string_view shown);

}  // namespace ebpfkit::host
