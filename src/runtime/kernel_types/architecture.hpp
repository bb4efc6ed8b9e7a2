// The rows of modules/detail/architectures.inc, the only list of CPU architectures. Only the host
// tool compiles this; applications need architecture_name() alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ebpfkit::detail {

struct architecture_row {
  const char* kernel;  // arch/NAME, and __TARGET_ARCH_NAME of <bpf/bpf_tracing.h>: "x86"
  const char* name;    // in file names and in the index of embedded BTF: "x86_64"
  std::uint16_t bits;  // of a pointer
  bool is_big_endian;
  std::uint16_t elf_machine;  // e_machine of ELF files (EM_* of <elf.h>)
  const char* mcpu;           // the BPF instruction set that programs get by default: "v3"
  const char* spellings;      // other names, separated by spaces; see architectures.inc
};

struct architecture_list {
  const architecture_row* first;
  std::size_t size;

  const architecture_row* begin() const { return first; }
  const architecture_row* end() const { return first + size; }
};

// All rows, in the order of the file.
architecture_list architectures();

// The row whose name or spelling this is (see architecture_name()). Null when there is none.
const architecture_row* find_architecture(std::string_view spelling);

}  // namespace ebpfkit::detail
