// What the relocations of objects ask of a kernel, apart from where they stand in the programs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "relocation/program_object.hpp"

namespace ebpfkit::host {

struct distinct_relocation {
  std::size_t object = 0;  // index among the objects
  std::size_t index = 0;   // among its relocations, of the first of those that are alike
};

struct distinct_relocations {
  std::vector<distinct_relocation> list;
  // SHA-256 of all that the outcome on a kernel depends on: kinds, access strings, immediates and
  // local types with everything that they refer to. Not type ids, registers, positions or other
  // instructions: it stays the same when only the logic of the programs changes.
  std::string digest;
};

// Alike are relocations of one object with the same kind, type, access string and instruction
// (without its registers). Their order counts, because libbpf gives up candidates in that order.
distinct_relocations find_distinct_relocations(std::span<const program_object> objects);

}  // namespace ebpfkit::host
