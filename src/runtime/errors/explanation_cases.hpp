// What a message means in the case at hand: what the general words for its kind cannot say.
#pragma once

#include "explanation.hpp"

namespace ebpfkit::detail {

// Corrects the kind and the cause where the message alone does not tell them.
void correct_kind(explanation& explained);

// Adds what the figures of the message, the values of the registers and the rest of the log tell
// together: `figures`, `hint` and `is_unseen`. The values have been followed before.
void add_case(explanation& explained, const failed_load& failed);

}  // namespace ebpfkit::detail
