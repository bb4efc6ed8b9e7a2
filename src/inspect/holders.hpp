// Which living processes have to do with an object, also by what it is connected to.
#pragma once

#include <vector>

#include "inspect/owners.hpp"
#include "inspect/project.hpp"

namespace ebpfkit::host {

// Returns the processes that have the object open, or another that works with it: the links of a
// program and its maps, the programs that replace its functions, as those of an XDP chain do with
// the dispatcher, and the programs that use a map with their links. Each process once. `all`
// has everything in the kernel, also what is not the project's. Such an object has a living owner,
// though nothing but a pin may hold the object itself: applications may close a link that they
// pinned.
std::vector<owning_process> living_holders(const object_list& all, const object_owners& owners,
                                           bpf_identity object);

}  // namespace ebpfkit::host
