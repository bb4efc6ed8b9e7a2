// What the relocations of objects need from a kernel, independent of their places in the programs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "relocation/program_object.hpp"

namespace ebpfkit::host {

struct distinct_relocation {
  std::size_t object = 0;  // index among the objects
  std::size_t index = 0;   // among its relocations: the first of several that are alike
};

struct distinct_relocations {
  std::vector<distinct_relocation> list;
  // SHA-256 of everything that the outcome on a kernel depends on: kinds, access strings,
  // immediates, and local types with all types that they refer to. It does not cover type ids,
  // registers, positions or other instructions, so it stays the same when only the logic of the
  // programs changes.
  std::string digest;
};

// Two relocations of one object are alike when they have the same kind, type, access string and
// instruction (without its registers). The order of the list matters, because libbpf gives up
// candidates in that order.
distinct_relocations find_distinct_relocations(std::span<const program_object> objects);

}  // namespace ebpfkit::host
