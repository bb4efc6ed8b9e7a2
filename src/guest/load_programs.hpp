// Loads BPF programs and tells what the kernel says about each.
#pragma once

#include "channel.hpp"
#include "plan.hpp"

namespace ebpfkit::guest {

// Loads all programs of the plan, and sends three frames for each, with the number of its load:
//   outcome   lines "WORD VALUE": outcome loaded|rejected|not_opened|object_rejected, errno N,
//             xlated BYTES, jited BYTES, attach attached|failed|none, attach_errno N
//   verifier  the verifier's log; of an accepted program only its statistics
//   libbpf    what libbpf printed
// Programs of one object are loaded together, and those that fail once more by themselves, so the
// cost does not grow with the programs that load.
void load_programs(const plan& wanted, channel& results);

}  // namespace ebpfkit::guest
