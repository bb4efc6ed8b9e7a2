// One BPF instruction, and what a CO-RE relocation may change in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// struct bpf_insn of <linux/bpf.h>.
struct instruction {
  std::uint8_t code = 0;
  std::uint8_t destination = 0;
  std::uint8_t source = 0;
  std::int16_t offset = 0;
  std::int32_t immediate = 0;

  bool operator==(const instruction&) const = default;
};

// The instruction of a relocation. `second` is the one behind it, if the section goes on: a load
// of a 64-bit immediate takes two.
struct relocated_code {
  instruction first;
  std::optional<instruction> second;

  bool is_wide_load() const;  // ldimm64
  bool operator==(const relocated_code&) const = default;
};

// What a relocation calculated from the types (struct bpf_core_relo_res of libbpf).
struct relocation_value {
  std::uint64_t local = 0;       // what the compiler must have put in the instruction
  std::uint64_t target = 0;      // what the target needs
  bool poison = false;           // the target has nothing like it: make the instruction invalid
  bool validate = true;          // whether the instruction must hold `local`
  std::uint32_t local_size = 0;  // bytes of the field where the access size may be adjusted, else 0
  std::uint32_t target_size = 0;
  bool cannot_adjust_size = false;  // the sizes differ, and the field is no pointer or unsigned int

  bool operator==(const relocation_value&) const = default;
};

// Applies the value as bpf_core_patch_insn of libbpf does. Throws `failure` for what it refuses: an
// instruction of another class, one that does not hold the local value, an offset above 32767, an
// access of the wrong size. A second instruction is only changed for a wide load.
relocated_code patch(const relocated_code& code, const relocation_value& value);

// Whether `patch` made the instruction one that the verifier refuses (a call of helper 195896080).
bool is_poisoned(const instruction& code);

// The fields of the instruction, for messages: "code 0x79, offset 8, immediate 0".
std::string describe(const instruction& code);

}  // namespace ebpfkit::host
