// What an instruction of the verifier's log does to registers and to the stack.
#pragma once

#include <string_view>

namespace ebpfkit::detail {

// What an instruction does, as far as it matters for the way of a value.
struct instruction_effect {
  bool is_call = false;     // writes R0, and destroys R1 to R5
  bool writes = false;      // a register
  unsigned target = 0;      // the register
  bool keeps_old = false;   // r1 += ...: the old value counts, too
  bool has_source = false;  // a register whose value it copies or uses
  unsigned source = 0;
  bool loads_slot = false;   // from the stack
  bool stores_slot = false;  // to the stack
  long slot = 0;             // offset from R10
};

// Reads "r0 = *(u64 *)(r0 +0)". Another text has no effect.
instruction_effect effect_of(std::string_view code);

// "bpf_ringbuf_submit" in "call bpf_ringbuf_submit#132"; empty: the instruction is no such call.
std::string_view called_function(std::string_view code);

// Whether a helper may move the data of packets, so that pointers to them are useless.
bool changes_packet(std::string_view function);

// Whether a function takes back what the program acquired, judged by its name.
bool releases(std::string_view function);

// Removes a number of at most nine digits from the beginning of the text. False: there is none.
bool take_decimal(std::string_view& text, long& number);

}  // namespace ebpfkit::detail
