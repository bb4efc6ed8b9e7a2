// One BPF instruction, and how a CO-RE relocation may change it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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

// Decodes the instruction at `offset` of an ELF section. Throws `failure` when the section ends
// before its end.
instruction decode_instruction(std::span<const std::uint8_t> section, std::size_t offset,
                               std::endian order);

// The instruction of a relocation. `second` is the next instruction, unless the section ends before
// it: a load of a 64-bit immediate takes two instructions.
struct relocated_code {
  instruction first;
  std::optional<instruction> second;

  bool is_wide_load() const;  // ldimm64
  bool operator==(const relocated_code&) const = default;
};

// The result that a relocation computes from the types (struct bpf_core_relo_res of libbpf).
struct relocation_value {
  std::uint64_t local = 0;       // the value that the compiler must have put in the instruction
  std::uint64_t target = 0;      // the value for the target
  bool poison = false;           // the target has no counterpart: make the instruction invalid
  bool validate = true;          // whether the instruction must hold `local`
  std::uint32_t local_size = 0;  // bytes of the field if the access size may be adjusted, else 0
  std::uint32_t target_size = 0;
  bool cannot_adjust_size = false;  // the sizes differ, and the field is no pointer or unsigned int

  bool operator==(const relocation_value&) const = default;
};

// Applies the value as bpf_core_patch_insn of libbpf does. Throws `failure` for what libbpf
// refuses: an instruction of another class, an instruction without the local value, an offset above
// 32767, an access of the wrong size. Changes the second instruction only for a wide load.
relocated_code patch(const relocated_code& code, const relocation_value& value);

// True when `patch` made an instruction that the verifier refuses (a call of helper 195896080).
bool is_poisoned(const instruction& code);

// Returns the fields of the instruction, for messages: "code 0x79, offset 8, immediate 0".
std::string describe(const instruction& code);

}  // namespace ebpfkit::host
