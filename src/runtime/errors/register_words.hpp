// Says in plain words what the verifier knows about a value.
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

}  // namespace ebpfkit::detail
