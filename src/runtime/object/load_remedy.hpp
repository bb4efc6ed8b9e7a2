// What to do when an object does not load, where that depends on the object and on the kernel.
#pragma once

#include <string>
#include <string_view>

#include "ebpfkit/error.hpp"

struct bpf_object;

namespace ebpfkit::detail {

// `object` is one whose load has failed, so libbpf has closed its maps and programs. Asks the
// kernel where the error alone does not tell: a kernel is only called too old when a probe shows
// that it lacks something. Empty when there is nothing to add to the error's own remedy.
std::string load_remedy_for(const bpf_object* object, const ebpfkit::error& failure);

// Says that the kernel refused the object's BTF, and what the kernel says about it. `log` is what
// libbpf printed. Empty when the kernel took the BTF, or when the object has none. libbpf goes on
// without BTF where it can, so the load may fail later, at a program or map that needs BTF.
std::string refused_btf_text(std::string_view log);

}  // namespace ebpfkit::detail
