// The functions of a BPF object with their instructions, as pictures show them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "relocation/instruction.hpp"
#include "relocation/program_object.hpp"

namespace ebpfkit::host {

// All texts are printable ASCII.

struct code_line {
  std::string file;
  std::uint32_t line = 0;  // 0: the object does not say
  std::string text;

  bool operator==(const code_line&) const = default;
};

struct code_instruction {
  instruction code;
  std::int32_t upper = 0;   // upper half of the 64-bit immediate of a wide load
  std::uint32_t index = 0;  // in the function; a wide load takes two
  std::string symbol;       // map, variable or function that an ELF relocation names
  code_line source;
  std::vector<std::string> accesses;  // CO-RE relocations: "field_byte_offset struct task::pid"

  bool is_wide_load() const;
};

struct code_function {
  std::string name;
  std::string section;
  bool is_entry = false;     // a program that the kernel attaches; else one that others call
  std::uint32_t length = 0;  // instructions; a wide load counts twice
  std::vector<code_instruction> instructions;
};

// Returns the functions of an object in the order of its sections. Throws `failure` that names the
// file when symbols, relocations or line records are damaged.
std::vector<code_function> read_functions(const program_object& object);

// Returns the instruction in the syntax of the kernel's verifier log (print_bpf_insn() of
// kernel/bpf/disasm.c). Names helpers, maps and called functions where their names are known.
std::string instruction_text(const code_instruction& shown);

}  // namespace ebpfkit::host
