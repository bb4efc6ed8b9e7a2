// What an object needs the running kernel's own BTF for. Embedded BTF cannot replace it there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "object/bpf_object_file.hpp"
#include "relocation/program_object.hpp"

namespace ebpfkit::host {

struct kernel_btf_use {
  std::string what;         // "program 'on_open' in section 'fentry/do_sys_open'"
  std::string reason;       // a clause: "the kernel's BTF tells where fentry programs attach"
  std::string alternative;  // a sentence
};

// Finds programs that attach by BTF, struct_ops, kernel functions, and kernel variables with a
// type. These are what libbpf's obj_needs_vmlinux_btf looks for, except CO-RE relocations. Ignores
// sections whose names start with `?`: libbpf loads what they hold only if the application asks for
// it.
std::vector<kernel_btf_use> find_kernel_btf_uses(const bpf_object_file& object);

// Whether the kernel's BTF tells where a program of the object attaches. Counts programs in
// sections whose names start with
// `?`, too.
bool attaches_by_kernel_btf(const bpf_object_file& object);

// Throws a `failure` that lists all uses, if there are any. `shown` is the object's name in
// messages.
void check_no_kernel_btf(const bpf_object_file& object, std::string_view shown);

// For an object that must load without the kernel's BTF, and for which nothing embeds another one:
// returns warnings if it has CO-RE relocations. libbpf then asks for BTF (obj_needs_vmlinux_btf()),
// even if no relocation could fail.
std::vector<std::string> warn_of_relocations(const program_object& object, std::string_view shown);

}  // namespace ebpfkit::host
