#include <elf.h>
#include <gmock/gmock.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "input/elf_sections.hpp"
#include "object/mend_variables.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

void put(std::vector<std::uint8_t>& bytes, std::endian order, std::uint64_t value,
         std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    bytes.push_back(static_cast<std::uint8_t>(
        value >> (8 * (order == std::endian::little ? i : size - 1 - i))));
}

// An ELF file with the sections .BTF, .shstrtab, .bss and .data.empty, and without symbols.
std::vector<std::uint8_t> make_object(const btf_builder& types, std::endian order) {
  const auto btf = types.bytes();
  constexpr std::string_view names("\0.BTF\0.shstrtab\0.bss\0.data.empty\0", 33);
  std::vector<std::uint8_t> out{0x7f, 'E', 'L', 'F', ELFCLASS64};
  out.push_back(order == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB);
  out.push_back(EV_CURRENT);
  out.resize(EI_NIDENT);
  const auto add = [&](std::uint64_t value, std::size_t size) { put(out, order, value, size); };
  const std::uint64_t btf_at = 64;
  const auto names_at = btf_at + btf.size();
  const auto headers_at = (names_at + names.size() + 7) / 8 * 8;
  add(ET_REL, 2);
  add(EM_BPF, 2);
  add(EV_CURRENT, 4);
  add(0, 8);
  add(0, 8);
  add(headers_at, 8);
  add(0, 4);
  for (const std::uint64_t value : {64U, 0U, 0U, 64U, 5U, 2U})
    add(value, 2);
  out.insert(out.end(), btf.begin(), btf.end());
  out.insert(out.end(), names.begin(), names.end());
  out.resize(headers_at);
  const auto add_section = [&](std::uint64_t name, std::uint64_t type, std::uint64_t at,
                               std::uint64_t size) {
    add(name, 4);
    add(type, 4);
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{0}, at, size})
      add(value, 8);
    add(0, 4);
    add(0, 4);
    add(1, 8);
    add(0, 8);
  };
  add_section(0, SHT_NULL, 0, 0);
  add_section(1, SHT_PROGBITS, btf_at, btf.size());
  add_section(6, SHT_STRTAB, names_at, names.size());
  add_section(16, SHT_NOBITS, names_at, 16);
  add_section(21, SHT_PROGBITS, names_at, 0);
  return out;
}

type_graph types_of(const std::vector<std::uint8_t>& object) {
  return type_graph(*elf_sections(object, "object").find(".BTF"));
}

class variable_sizes_of : public testing::TestWithParam<std::endian> {
 protected:
  btf_builder types{GetParam()};
  const type_id integer = types.integer("int", 4, true);
  const type_id letter = types.integer("char", 1, true);

  type_id section(std::string_view name, std::uint32_t size,
                  const std::vector<std::uint32_t>& entries) {
    return types.add(name, type_kind::data_section, static_cast<std::uint32_t>(entries.size() / 3),
                     false, size, entries);
  }
};

INSTANTIATE_TEST_SUITE_P(orders, variable_sizes_of,
                         testing::Values(std::endian::little, std::endian::big));

TEST_P(variable_sizes_of, smaller_statics_get_a_type_that_fits) {
  const auto record = types.record("parts", 8, {{"first", integer, 0}, {"second", integer, 32}});
  const auto shrunken = types.variable("shrunken", integer, symbol_linkage::local);
  const auto split = types.variable("parts.0", record, symbol_linkage::local);
  const auto whole = types.variable("whole", record, symbol_linkage::global);
  const auto bss = section(".bss", 16, {shrunken, 0, 1, split, 4, 4, whole, 8, 8});
  auto object = make_object(types, GetParam());
  ASSERT_TRUE(mend_variables(object, "object"));
  const auto mended = types_of(object);
  EXPECT_EQ(mended.target(shrunken), letter);
  EXPECT_EQ(mended.target(split), integer);
  EXPECT_EQ(mended.target(whole), record);
  EXPECT_EQ(mended.section_entries(bss).size(), 3U);
  EXPECT_FALSE(mend_variables(object, "object"));
}

// clang moves constants to .rodata.cst16 and the like, and leaves their BTF in .rodata.
TEST_P(variable_sizes_of, statics_of_a_section_that_is_not_there_are_removed) {
  const auto moved = types.variable("moved", integer, symbol_linkage::local);
  const auto constants = section(".rodata", 4, {moved, 0, 4});
  const auto last = types.type_definition("last_t", integer);
  auto object = make_object(types, GetParam());
  ASSERT_TRUE(mend_variables(object, "object"));
  const auto mended = types_of(object);
  EXPECT_EQ(mended.kind(constants), type_kind::const_qualifier);
  EXPECT_EQ(mended.name(last), "last_t");
  EXPECT_FALSE(mend_variables(object, "object"));
}

// The numbers in the definitions of maps: __uint(max_entries, 0xffffffff).
TEST_P(variable_sizes_of, arrays_of_4_gibibytes_get_elements_of_one_byte) {
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  const auto large = types.array(integer, most);
  const auto bytes = types.array(letter, most);
  const auto fits = types.array(integer, most / 4);
  auto object = make_object(types, GetParam());
  ASSERT_TRUE(mend_variables(object, "object"));
  const auto mended = types_of(object);
  EXPECT_EQ(mended.array(large).element, letter);
  EXPECT_EQ(mended.array(large).count, most);
  EXPECT_EQ(mended.array(bytes).element, letter);
  EXPECT_EQ(mended.array(fits).element, integer);
  EXPECT_FALSE(mend_variables(object, "object"));
}

TEST_P(variable_sizes_of, entries_without_bytes_are_removed) {
  const auto none = types.variable("none", types.array(integer, 0), symbol_linkage::global);
  const auto total = types.variable("total", integer, symbol_linkage::global);
  const auto bss = section(".bss", 4, {none, 0, 0, total, 0, 4});
  const auto empty = section(".data.empty", 0, {none, 0, 0});
  const auto last = types.type_definition("last_t", integer);
  auto object = make_object(types, GetParam());
  const auto size = object.size();
  ASSERT_TRUE(mend_variables(object, "object"));
  EXPECT_EQ(object.size(), size);
  const auto mended = types_of(object);
  ASSERT_EQ(mended.section_entries(bss).size(), 1U);
  EXPECT_EQ(mended.section_entries(bss)[0].variable, total);
  EXPECT_EQ(mended.section_entries(bss)[0].size, 4U);
  EXPECT_EQ(mended.kind(empty), type_kind::const_qualifier);
  EXPECT_EQ(mended.name(last), "last_t");
  EXPECT_EQ(mended.name(bss), ".bss");
  EXPECT_FALSE(mend_variables(object, "object"));
}

TEST_P(variable_sizes_of, sound_objects_stay_as_they_are) {
  const auto total = types.variable("total", integer, symbol_linkage::local);
  section(".bss", 8, {total, 0, 8});
  section(".kconfig", 0, {total, 0, 0});
  auto object = make_object(types, GetParam());
  const auto before = object;
  EXPECT_FALSE(mend_variables(object, "object"));
  EXPECT_EQ(object, before);
}

TEST_P(variable_sizes_of, a_global_variable_that_is_too_small_is_named) {
  const auto total = types.variable("total", integer, symbol_linkage::global);
  section(".bss", 2, {total, 0, 2});
  auto object = make_object(types, GetParam());
  try {
    mend_variables(object, "a.bpf.o");
    FAIL() << "nothing was thrown";
  } catch (const failure& problem) {
    EXPECT_THAT(problem.what(), AllOf(HasSubstr("a.bpf.o"), HasSubstr("variable 'total'"),
                                      HasSubstr("has 2 bytes"), HasSubstr("its type has 4")));
    EXPECT_THAT(problem.remedy(), HasSubstr("volatile"));
  }
}

// Damaged bytes end in a failure, never in a read or write beyond the file.
TEST_P(variable_sizes_of, damaged_objects_are_refused_or_mended) {
  const auto shrunken = types.variable("shrunken", integer, symbol_linkage::local);
  const auto none = types.variable("none", types.array(integer, 0), symbol_linkage::global);
  section(".bss", 4, {none, 0, 0, shrunken, 0, 1});
  const auto sound = make_object(types, GetParam());
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (const int value : {0x00, 0x7f, 0xff}) {
      auto object = sound;
      object[at] = static_cast<std::uint8_t>(value);
      try {
        mend_variables(object, "object");
      } catch (const failure&) {
      }
      EXPECT_EQ(object.size(), sound.size());
    }
  }
}

}  // namespace
}  // namespace ebpfkit::host::test
