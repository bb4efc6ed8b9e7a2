// The `.BTF.ext` section of a BPF object: it connects the object's instructions with its BTF.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "relocation/relocation_kind.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

// In these records (struct bpf_func_info, bpf_line_info, bpf_core_relo), a text is an offset in the
// string section of `.BTF`. The offset of an instruction counts bytes from the beginning of its ELF
// section.

struct function_record {
  std::uint32_t instruction_offset = 0;
  type_id type = 0;
};

struct line_record {
  std::uint32_t instruction_offset = 0;
  std::uint32_t file_name = 0;
  std::uint32_t text = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct relocation_record {
  std::uint32_t instruction_offset = 0;
  type_id type = 0;
  std::uint32_t access = 0;
  relocation_kind kind{};
};

template <class Record>
struct section_records {
  std::uint32_t section_name = 0;
  std::vector<Record> records;
};

struct btf_ext {
  std::vector<section_records<function_record>> functions;
  std::vector<section_records<line_record>> lines;
  std::vector<section_records<relocation_record>> relocations;
};

// Parses the section in the byte order of its magic number. Records may be longer than EbpfKit
// knows: it skips the rest. Does not check ids and text offsets. Throws `failure`.
btf_ext parse_btf_ext(std::span<const std::uint8_t> bytes);

// The string section of raw BTF, for the offsets above. The bytes of the BTF must outlive it.
class btf_text {
 public:
  // Throws `failure` when the BTF's header is not sound.
  explicit btf_text(std::span<const std::uint8_t> btf);

  // Returns the string at `offset`. Throws `failure` when the offset is beyond the section.
  untrusted_text at(std::uint32_t offset) const;

 private:
  std::string_view text_;
};

}  // namespace ebpfkit::host
