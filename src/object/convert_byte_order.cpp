#include "object/convert_byte_order.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "object/elf_object.hpp"
#include "support/byte_order.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

constexpr const char* damaged = "The object is damaged; compile it again.";

// A record is a list of numbers. These are the sizes of the numbers in bytes.
using number_sizes = std::span<const std::uint8_t>;

// Elf64_Ehdr without e_ident, which is the same in both byte orders.
constexpr std::array<std::uint8_t, 13> file_header_numbers = {2, 2, 4, 8, 8, 8, 4,
                                                              2, 2, 2, 2, 2, 2};
// Elf64_Shdr
constexpr std::array<std::uint8_t, 10> section_header_numbers = {4, 4, 8, 8, 8, 8, 4, 4, 8, 8};
// Elf64_Sym
constexpr std::array<std::uint8_t, 6> symbol_numbers = {4, 1, 1, 2, 8, 8};
// Elf64_Rel
constexpr std::array<std::uint8_t, 2> relocation_numbers = {8, 8};
// struct bpf_insn of <linux/bpf.h>: code, registers, offset, immediate
constexpr std::array<std::uint8_t, 4> instruction_numbers = {1, 1, 2, 4};
// BTF and .BTF.ext, behind the first four bytes of their headers
constexpr std::array<std::uint8_t, 1> words = {4};

// The relocations of addresses in variables (Documentation/bpf/llvm_reloc.rst of Linux). The
// <elf.h> of older systems does not name them.
constexpr std::uint32_t relocation_of_8_bytes = 2;  // R_BPF_64_ABS64
constexpr std::uint32_t relocation_of_4_bytes = 3;  // R_BPF_64_ABS32

// LLVM's list of symbols whose address matters. It consists of single bytes.
constexpr std::uint32_t llvm_address_significance = 0x6fff4c03;  // SHT_LLVM_ADDRSIG

std::size_t size_of_record(number_sizes numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::size_t{0});
}

// Reverses the bytes of every number of `records`. `what` names the records in messages.
void reverse_records(std::span<std::uint8_t> records, number_sizes numbers, std::string_view what) {
  if (records.size() % size_of_record(numbers) != 0)
    throw failure(fmt::format("{} has {} bytes, which is no multiple of {}", what, records.size(),
                              size_of_record(numbers)),
                  damaged);
  while (!records.empty()) {
    for (const std::size_t size : numbers) {
      std::ranges::reverse(records.first(size));
      records = records.subspan(size);
    }
  }
}

// The two registers of an instruction are bit-fields of one byte. Compilers place the first one in
// the lower bits on little-endian machines and in the higher bits on big-endian ones.
void exchange_registers(std::span<std::uint8_t> instructions) {
  for (std::size_t at = 1; at < instructions.size(); at += size_of_record(instruction_numbers))
    instructions[at] = static_cast<std::uint8_t>(instructions[at] >> 4 | instructions[at] << 4);
}

bool is_dwarf(std::string_view section) {
  return section.starts_with(".debug_");
}

// A part of the file, in bytes from its beginning.
struct file_part {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  auto operator<=>(const file_part&) const = default;
};

// A damaged object may use the same bytes as two kinds of numbers. No conversion is right for both.
void check_no_overlap(std::vector<file_part> parts, std::string_view what) {
  std::ranges::sort(parts);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].begin < parts[i - 1].end)
      throw failure(fmt::format("two {} overlap at offset {}", what, parts[i].begin), damaged);
  }
}

class converter {
 public:
  explicit converter(std::span<const std::uint8_t> object)
      : object_(object),
        elf_(object),
        order_(elf_.byte_order()),
        result_(object.begin(), object.end()) {}

  std::vector<std::uint8_t> run() {
    convert_headers();
    for (const auto& section : elf_.sections())
      convert_section(section);
    check_no_overlap(parts_, "parts of the file");
    check_no_overlap(addresses_, "relocations");
    return std::move(result_);
  }

 private:
  // Returns a part of the result.
  std::span<std::uint8_t> part(std::uint64_t begin, std::uint64_t size, std::string_view what) {
    if (begin > result_.size() || size > result_.size() - begin)
      throw failure(fmt::format("{} goes beyond the end of the file", what), damaged);
    return std::span(result_).subspan(begin, size);
  }

  // The same for a part that no other one may overlap.
  std::span<std::uint8_t> own_part(std::uint64_t begin, std::uint64_t size, std::string_view what) {
    const auto bytes = part(begin, size, what);
    if (size != 0)
      parts_.push_back({begin, begin + size});
    return bytes;
  }

  // Reads a number of the object.
  std::uint64_t load(std::uint64_t offset, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto at = order_ == std::endian::big ? offset + i : offset + size - 1 - i;
      value = value << 8 | object_[at];
    }
    return value;
  }

  void convert_headers() {
    const auto whole = own_part(0, sizeof(Elf64_Ehdr), "the ELF header");
    if (whole[EI_CLASS] != ELFCLASS64 ||
        (whole[EI_DATA] != ELFDATA2LSB && whole[EI_DATA] != ELFDATA2MSB))
      throw failure("the object is not a 64-bit ELF file of a known byte order", damaged);
    if (load(offsetof(Elf64_Ehdr, e_phnum), 2) != 0)
      throw failure("the object has program headers, which no compiler writes for BPF",
                    "Give the object that clang wrote.");
    reverse_records(whole.subspan(EI_NIDENT), file_header_numbers, "the ELF header");
    whole[EI_DATA] = order_ == std::endian::big ? ELFDATA2LSB : ELFDATA2MSB;

    if (load(offsetof(Elf64_Ehdr, e_shentsize), 2) != sizeof(Elf64_Shdr))
      throw failure("the section headers have an unknown size", damaged);
    // The first header is that of no section.
    const std::uint64_t count = elf_.sections().size() + 1;
    constexpr auto what = "the table of sections";
    reverse_records(
        own_part(load(offsetof(Elf64_Ehdr, e_shoff), 8), count * sizeof(Elf64_Shdr), what),
        section_header_numbers, what);
  }

  void convert_section(const elf_section& section) {
    const auto& header = section.header;
    if (header.sh_type == SHT_NULL || header.sh_type == SHT_NOBITS)
      return;
    const auto what = fmt::format("section '{}'", section.name.shown());
    const auto bytes = own_part(header.sh_offset, header.sh_size, what);
    switch (header.sh_type) {
      case SHT_STRTAB:
      case llvm_address_significance:
        return;
      case SHT_SYMTAB:
        return reverse_records(bytes, symbol_numbers, what);
      case SHT_REL:
        reverse_records(bytes, relocation_numbers, what);
        return convert_addresses(section);
      case SHT_PROGBITS:
        if (section.name == ".BTF")
          convert_btf(bytes);
        else if (section.name == ".BTF.ext")
          convert_btf_ext(bytes);
        else if ((header.sh_flags & SHF_EXECINSTR) != 0)
          convert_instructions(bytes, what);
        return;
      default:
        throw failure(
            fmt::format("{} has the ELF type {}, which no BPF linker knows", what, header.sh_type),
            "Check COMPILE_OPTIONS: an option of clang may ask for such a section.");
    }
  }

  static void convert_instructions(std::span<std::uint8_t> bytes, std::string_view what) {
    reverse_records(bytes, instruction_numbers, what);
    exchange_registers(bytes);
  }

  // Converts what the relocations of the table `relocations` add to an address: it stands where the
  // address goes. Instructions are converted whole, and nobody reads DWARF.
  void convert_addresses(const elf_section& relocations) {
    const auto index = relocations.header.sh_info;
    if (index == 0 || index > elf_.sections().size())
      throw failure(fmt::format("section '{}' relocates no section", relocations.name.shown()),
                    damaged);
    const auto& target = elf_.sections()[index - 1];
    if (target.header.sh_type != SHT_PROGBITS || (target.header.sh_flags & SHF_EXECINSTR) != 0 ||
        target.name == ".BTF" || target.name == ".BTF.ext" || is_dwarf(target.name.raw()))
      return;
    for (std::uint64_t at = 0; at < relocations.header.sh_size; at += sizeof(Elf64_Rel)) {
      const auto entry = relocations.header.sh_offset + at;
      const auto offset = load(entry + offsetof(Elf64_Rel, r_offset), 8);
      const auto type = ELF64_R_TYPE(load(entry + offsetof(Elf64_Rel, r_info), 8));
      if (type != relocation_of_8_bytes && type != relocation_of_4_bytes)
        continue;
      const std::uint64_t size = type == relocation_of_8_bytes ? 8 : 4;
      if (offset > target.header.sh_size || size > target.header.sh_size - offset)
        throw failure(fmt::format("a relocation at offset {} is outside of section '{}'", offset,
                                  target.name.shown()),
                      damaged);
      const auto begin = target.header.sh_offset + offset;
      std::ranges::reverse(part(begin, size, "a relocation"));
      addresses_.push_back({begin, begin + size});
    }
  }

  // Both formats begin with the magic number, of two bytes, and with two single bytes. Words of
  // four bytes follow, up to the strings of BTF.
  void convert_btf(std::span<std::uint8_t> bytes) const {
    if (bytes.empty())
      return;
    std::string problem;
    const auto parts = btf_blob_parts(bytes, &problem);
    if (!parts)
      throw failure(fmt::format("section '.BTF': {}", problem), damaged);
    check_order(parts->order, ".BTF");
    const auto more = bytes.subspan(btf_header_size, parts->header_size - btf_header_size);
    if (std::ranges::any_of(more, [](auto byte) { return byte != 0; }))
      throw failure(fmt::format("section '.BTF' has a header of {} bytes, and EbpfKit knows {}",
                                parts->header_size, btf_header_size),
                    "A newer EbpfKit may know it.");
    const auto types = bytes.subspan(static_cast<std::size_t>(parts->types.data() - bytes.data()),
                                     parts->types.size());
    std::ranges::reverse(bytes.first(2));
    reverse_records(bytes.subspan(4, btf_header_size - 4), words, "section '.BTF'");
    reverse_records(types, words, "section '.BTF'");
  }

  void convert_btf_ext(std::span<std::uint8_t> bytes) const {
    if (bytes.empty())
      return;
    const auto found = btf_byte_order(bytes);
    if (!found)
      throw failure("section '.BTF.ext' does not begin with the magic number 0xeB9F", damaged);
    check_order(*found, ".BTF.ext");
    if (bytes.size() < 4 || bytes[2] != btf_version)
      throw failure("section '.BTF.ext' has an unknown version", damaged);
    std::ranges::reverse(bytes.first(2));
    reverse_records(bytes.subspan(4), words, "section '.BTF.ext'");
  }

  void check_order(std::endian found, std::string_view section) const {
    if (found != order_)
      throw failure(fmt::format("the object is {}-endian, and its section '{}' is {}-endian",
                                byte_order_name(order_), section, byte_order_name(found)),
                    damaged);
  }

  std::span<const std::uint8_t> object_;
  elf_object elf_;
  std::endian order_;
  std::vector<std::uint8_t> result_;
  std::vector<file_part> parts_;
  std::vector<file_part> addresses_;
};

}  // namespace

std::vector<std::uint8_t> convert_byte_order(std::span<const std::uint8_t> object,
                                             std::string_view shown) {
  try {
    return converter(object).run();
  } catch (const failure& problem) {
    throw failure(fmt::format("'{}': {}", shown, problem.what()), problem.remedy());
  }
}

}  // namespace ebpfkit::host
