// Says in plain words what the verifier's figures mean.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::detail {

// What the verifier knows about a register or stack slot, for example of
// "scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))": "a number from 0 to 4294967295
// (any of 32 bits)". Reads the states of Linux 5.10 and newer. Empty: the state speaks for itself
// ("5"), or is none that is known. Accepts any text.
std::string words_of_state(std::string_view state);

// Whether the state is that of a plain number.
bool is_number_state(std::string_view state);

// What the figures of a complaint about bounds say: which bytes the program accesses, and which it
// may access. `is_call`: a helper accesses them. Empty: the complaint has no such figures.
std::string words_of_bounds(std::string_view complaint, bool is_call);

// Whether the complaint says that an access begins on the stack and ends beyond its top: the memory
// that a helper gets is smaller than what the helper takes.
bool is_beyond_stack(std::string_view complaint);

// Whether the complaint says that an access begins below the 512 bytes of the stack.
bool is_below_stack(std::string_view complaint);

}  // namespace ebpfkit::detail
