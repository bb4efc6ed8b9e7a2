// Probes of program types, attach types, map types and helpers, by their numbers in <linux/bpf.h>.
#pragma once

#include "attempts.hpp"
#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

probe_answer probe_program_type(unsigned program_type);
probe_answer probe_attach_type(unsigned program_type, unsigned attach_type, unsigned flags);
probe_answer probe_map_type(unsigned map_type);
probe_answer probe_map_flags(unsigned map_type, unsigned flags);
probe_answer probe_helper(unsigned program_type, unsigned helper, unsigned attach_type,
                          unsigned flags);

// For a number that this library does not know. `as_simplest` is the answer to the simplest program
// or map with this number. EINVAL says nothing, because this library does not know how to make a
// valid one. The kernel's BTF tells whether the kernel knows the number.
support probe_new_type(const char* enumeration, unsigned number, const probe_answer& as_simplest);

// Whether programs of this type attach to something that the kernel's BTF describes.
bool is_btf_program_type(unsigned program_type) noexcept;

unsigned default_attach_type(unsigned program_type) noexcept;
unsigned default_program_flags(unsigned program_type) noexcept;

// Whether the process may load programs of all types. Otherwise a refusal says nothing.
bool may_probe();

}  // namespace ebpfkit::detail
