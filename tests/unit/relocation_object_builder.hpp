// Builds BPF objects with CO-RE relocations by hand, in either byte order.
#pragma once

#include <elf.h>
#include <linux/bpf.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf_builder.hpp"
#include "relocation/instruction.hpp"
#include "relocation/program_object.hpp"
#include "relocation/relocation_kind.hpp"

namespace ebpfkit::host::test {

// r1 = value
inline instruction move_immediate(std::int32_t value) {
  return {BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, value};
}

// r1 = *(u<bits> *)(r2 + offset)
inline instruction load(std::uint8_t size, std::int16_t offset) {
  return {static_cast<std::uint8_t>(BPF_LDX | BPF_MEM | size), 1, 2, offset, 0};
}

class object_builder {
 public:
  explicit object_builder(std::endian order = std::endian::native) : types(order), order_(order) {}

  // The types of the object. Add all of them before you call `bytes`.
  btf_builder types;
  // The number of bytes that each relocation record has beyond the known ones.
  std::uint32_t extra_record_bytes = 0;
  // From this one on, instructions belong to no function.
  std::optional<std::uint32_t> function_end;

  // Appends an instruction (two for a wide load) with a relocation.
  void relocate(relocation_kind kind, type_id type, std::string_view access,
                const instruction& first, std::optional<instruction> second = std::nullopt) {
    const auto offset = static_cast<std::uint32_t>(code_.size());
    records_.push_back({offset, type, types.text(access), static_cast<std::uint32_t>(kind)});
    lines_.push_back({offset, types.text("test.bpf.c"), types.text("\tuse(it);"),
                      static_cast<std::uint32_t>(lines_.size() + 10) << 10 | 5});
    append(first);
    if (second)
      append(*second);
  }

  void relocate(relocation_kind kind, type_id type, std::string_view access,
                std::int32_t immediate) {
    relocate(kind, type, access, move_immediate(immediate));
  }

  std::vector<std::uint8_t> ext() {
    const auto section_name = types.text(section_name_);
    std::vector<std::uint8_t> lines;
    put_section(lines, 16, section_name, lines_, 0);
    std::vector<std::uint8_t> relocations;
    put_section(relocations, 16 + extra_record_bytes, section_name, records_, extra_record_bytes);
    std::vector<std::uint8_t> out;
    put(out, 0xeb9f, 2);
    put(out, 1, 1);
    put(out, 0, 1);
    const auto line_size = static_cast<std::uint32_t>(lines.size());
    for (const auto word :
         {32U, 0U, 0U, 0U, line_size, line_size, static_cast<std::uint32_t>(relocations.size())})
      put(out, word, 4);
    out.insert(out.end(), lines.begin(), lines.end());
    out.insert(out.end(), relocations.begin(), relocations.end());
    return out;
  }

  // Returns the ELF file.
  std::vector<std::uint8_t> bytes() {
    const auto ext_bytes = ext();
    const auto btf_bytes = types.bytes();
    const auto code_size = static_cast<std::uint32_t>(code_.size());
    std::string names(1, '\0');
    const auto name = [&](std::string_view text) {
      const auto offset = static_cast<std::uint32_t>(names.size());
      names += text;
      names += '\0';
      return offset;
    };
    const auto code_name = name(section_name_);
    const auto btf_name = name(".BTF");
    const auto ext_name = name(".BTF.ext");
    const auto symbols_name = name(".symtab");
    const auto names_name = name(".strtab");
    const auto function_name = name("test_program");

    std::vector<std::uint8_t> symbols(24, 0);
    put(symbols, function_name, 4);
    put(symbols, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 1);
    put(symbols, 0, 1);
    put(symbols, 1, 2);
    put(symbols, 0, 8);
    put(symbols, function_end ? *function_end * 8 : code_size, 8);

    std::vector<std::uint8_t> file{
        0x7f,
        'E',
        'L',
        'F',
        ELFCLASS64,
        order_ == std::endian::little ? std::uint8_t{ELFDATA2LSB} : std::uint8_t{ELFDATA2MSB},
        EV_CURRENT};
    file.resize(64, 0);
    std::vector<std::uint8_t> headers(64, 0);
    const auto add = [&](std::uint32_t section_name, std::uint32_t type, std::uint64_t flags,
                         const std::vector<std::uint8_t>& content, std::uint32_t link,
                         std::uint32_t info, std::uint64_t entry_size) {
      file.resize((file.size() + 7) / 8 * 8);
      put(headers, section_name, 4);
      put(headers, type, 4);
      put(headers, flags, 8);
      put(headers, 0, 8);
      put(headers, file.size(), 8);
      put(headers, content.size(), 8);
      put(headers, link, 4);
      put(headers, info, 4);
      put(headers, 8, 8);
      put(headers, entry_size, 8);
      file.insert(file.end(), content.begin(), content.end());
    };
    add(code_name, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, code_, 0, 0, 0);
    add(btf_name, SHT_PROGBITS, 0, btf_bytes, 0, 0, 0);
    add(ext_name, SHT_PROGBITS, 0, ext_bytes, 0, 0, 0);
    add(symbols_name, SHT_SYMTAB, 0, symbols, 5, 1, 24);
    add(names_name, SHT_STRTAB, 0, {names.begin(), names.end()}, 0, 0, 0);
    file.resize((file.size() + 7) / 8 * 8);
    const auto headers_offset = file.size();
    file.insert(file.end(), headers.begin(), headers.end());

    std::vector<std::uint8_t> head;
    put(head, ET_REL, 2);
    put(head, EM_BPF, 2);
    put(head, EV_CURRENT, 4);
    put(head, 0, 8);
    put(head, 0, 8);
    put(head, headers_offset, 8);
    put(head, 0, 4);
    for (const std::uint32_t half : {64U, 0U, 0U, 64U, 6U, 5U})
      put(head, half, 2);
    std::copy(head.begin(), head.end(), file.begin() + 16);
    return file;
  }

  program_object object() { return program_object("test.o", bytes()); }

 private:
  struct record {
    std::uint32_t words[4];
  };

  void put(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t size) const {
    for (std::size_t i = 0; i < size; ++i)
      out.push_back(static_cast<std::uint8_t>(
          value >> 8 * (order_ == std::endian::little ? i : size - 1 - i)));
  }

  void put_section(std::vector<std::uint8_t>& out, std::uint32_t record_size, std::uint32_t name,
                   const std::vector<record>& records, std::uint32_t padding) const {
    put(out, record_size, 4);
    put(out, name, 4);
    put(out, records.size(), 4);
    for (const auto& entry : records) {
      for (const auto word : entry.words)
        put(out, word, 4);
      out.insert(out.end(), padding, 0xaa);
    }
  }

  void append(const instruction& code) {
    put(code_, code.code, 1);
    const auto low_first = order_ == std::endian::little;
    put(code_,
        static_cast<std::uint8_t>(low_first ? code.source << 4 | code.destination
                                            : code.destination << 4 | code.source),
        1);
    put(code_, static_cast<std::uint16_t>(code.offset), 2);
    put(code_, static_cast<std::uint32_t>(code.immediate), 4);
  }

  static constexpr std::string_view section_name_ = "raw_tracepoint/test";

  std::endian order_;
  std::vector<std::uint8_t> code_;
  std::vector<record> records_;
  std::vector<record> lines_;
};

}  // namespace ebpfkit::host::test
