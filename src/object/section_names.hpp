// The names of sections (SEC) in a linked object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

// The SEC() to write instead of SEC("<section>"), which names no type of program. Empty when libbpf
// knows the section, and when no known name is like it.
std::string better_section(std::string_view section);

// What the object's author should know. These are warnings, because the object may still be right:
// an application can give a program its type (bpf_program__set_type()), a newer libbpf can know
// more names, and an object without a license loads unless it needs helpers that are only for the
// GPL.
//
// Throws `failure` for SEC("maps"), which no libbpf since 1.0 opens (bpf_object__elf_collect()).
std::vector<std::string> section_warnings(const bpf_object_file& object);

}  // namespace ebpfkit::host
