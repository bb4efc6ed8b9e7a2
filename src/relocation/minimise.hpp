// Cuts the BTF of a kernel down to what the relocations of given objects look at.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"

namespace ebpfkit::host {

// Raw BTF, of the target's byte order, on which every relocation of the objects has the outcome
// that it has on the whole target: same status, same patched instruction. Only the values of
// TYPE_ID_TARGET differ, being ids of the BTF that is given to libbpf. The same input gives the
// same bytes. The result is checked before it is returned; throws `failure` when an outcome would
// differ, which takes BTF that no compiler makes.
std::vector<std::uint8_t> minimise(std::span<const program_object> objects,
                                   const core_target& target);

}  // namespace ebpfkit::host
