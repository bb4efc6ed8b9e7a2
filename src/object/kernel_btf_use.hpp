// What an object needs the running kernel's own BTF for, which embedded BTF cannot stand in for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ebpfkit::host {

struct kernel_btf_use {
  std::string what;         // "program 'on_open' in section 'fentry/do_sys_open'"
  std::string reason;       // a clause: "the kernel's BTF tells where fentry programs attach"
  std::string alternative;  // a sentence
};

// As libbpf's obj_needs_vmlinux_btf, CO-RE aside: programs that attach by BTF, struct_ops, kernel
// functions and kernel variables with a type. What a section name with `?` in front leaves to the
// application to turn on is not counted. Throws `failure` when the object cannot be read.
std::vector<kernel_btf_use> find_kernel_btf_uses(const std::filesystem::path& object);

// Throws `failure` that lists all uses. `shown` is the name that the message gives to the object.
void check_no_kernel_btf(const std::filesystem::path& object, const std::string& shown);

}  // namespace ebpfkit::host
