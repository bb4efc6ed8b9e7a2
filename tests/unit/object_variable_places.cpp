#include <elf.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "input/elf_sections.hpp"
#include "object/mend_variables.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct map_symbol {
  std::string_view name;
  std::uint64_t offset;
  std::uint8_t visibility = STV_DEFAULT;
};

struct map_entry {
  std::string_view name;
  std::uint32_t offset;
  std::uint32_t linkage = 1;
};

// An object with maps of 32 bytes.
class maps_object {
 public:
  explicit maps_object(std::endian order) : order_(order) {}

  std::vector<std::uint8_t> bytes(const std::vector<map_entry>& entries,
                                  const std::vector<map_symbol>& symbols,
                                  std::uint32_t size_in_btf = 64) const {
    btf_builder types(order_);
    const auto record = types.add("map", type_kind::structure, 0, false, 32);
    std::vector<std::uint32_t> items;
    for (const auto& entry : entries) {
      const auto variable =
          types.add(entry.name, type_kind::variable, 0, false, record, {entry.linkage});
      items.insert(items.end(), {variable, entry.offset, 32U});
    }
    types.add(".maps", type_kind::data_section, static_cast<std::uint32_t>(entries.size()), false,
              size_in_btf, items);

    std::string names(1, '\0');
    const auto name = [&](std::string_view text) {
      const auto offset = names.size();
      names += text;
      names += '\0';
      return offset;
    };
    std::vector<std::uint8_t> table(24, 0);
    for (const auto& symbol : symbols) {
      put(table, name(symbol.name), 4);
      put(table, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 1);
      put(table, symbol.visibility, 1);
      put(table, 1, 2);
      put(table, symbol.offset, 8);
      put(table, 32, 8);
    }
    const auto maps_name = name(".maps");
    const auto btf_name = name(".BTF");
    const auto symbols_name = name(".symtab");
    const auto names_name = name(".strtab");

    std::vector<std::uint8_t> file(64, 0);
    std::vector<std::uint8_t> headers(64, 0);
    const auto add = [&](std::uint64_t section_name, std::uint32_t type,
                         const std::vector<std::uint8_t>& content, std::uint32_t link,
                         std::uint64_t entry_size) {
      file.resize((file.size() + 7) / 8 * 8);
      put(headers, section_name, 4);
      put(headers, type, 4);
      put(headers, 0, 8);
      put(headers, 0, 8);
      put(headers, file.size(), 8);
      put(headers, content.size(), 8);
      put(headers, link, 4);
      put(headers, 1, 4);
      put(headers, 8, 8);
      put(headers, entry_size, 8);
      file.insert(file.end(), content.begin(), content.end());
    };
    add(maps_name, SHT_PROGBITS, std::vector<std::uint8_t>(64, 0), 0, 0);
    add(btf_name, SHT_PROGBITS, types.bytes(), 0, 0);
    add(symbols_name, SHT_SYMTAB, table, 4, 24);
    add(names_name, SHT_STRTAB, {names.begin(), names.end()}, 0, 0);
    file.resize((file.size() + 7) / 8 * 8);
    const auto headers_offset = file.size();
    file.insert(file.end(), headers.begin(), headers.end());

    std::vector<std::uint8_t> head{
        0x7f,
        'E',
        'L',
        'F',
        ELFCLASS64,
        order_ == std::endian::little ? std::uint8_t{ELFDATA2LSB} : std::uint8_t{ELFDATA2MSB},
        EV_CURRENT};
    head.resize(16, 0);
    put(head, ET_REL, 2);
    put(head, EM_BPF, 2);
    put(head, EV_CURRENT, 4);
    put(head, 0, 8);
    put(head, 0, 8);
    put(head, headers_offset, 8);
    put(head, 0, 4);
    for (const std::uint32_t half : {64U, 0U, 0U, 64U, 5U, 4U})
      put(head, half, 2);
    std::copy(head.begin(), head.end(), file.begin());
    return file;
  }

 private:
  void put(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t size) const {
    for (std::size_t i = 0; i < size; ++i)
      out.push_back(static_cast<std::uint8_t>(
          value >> 8 * (order_ == std::endian::little ? i : size - 1 - i)));
  }

  std::endian order_;
};

std::vector<std::pair<std::string, std::uint32_t>> places(const std::vector<std::uint8_t>& object) {
  const elf_sections sections(object, "object");
  const type_graph types(*sections.find(".BTF"));
  std::vector<std::pair<std::string, std::uint32_t>> result;
  for (type_id type = 1; type < types.type_count(); ++type) {
    if (types.kind(type) != type_kind::data_section)
      continue;
    for (const auto entry : types.section_entries(type))
      result.emplace_back(types.name(entry.variable), entry.offset);
  }
  return result;
}

std::string refusal(std::vector<std::uint8_t> object) {
  try {
    mend_variables(object, "linked.o");
  } catch (const failure& problem) {
    return problem.what();
  }
  return {};
}

class variable_places_of : public testing::TestWithParam<std::endian> {
 protected:
  maps_object object{GetParam()};
};

TEST_P(variable_places_of, offsets_come_from_symbols_in_ascending_order) {
  auto bytes = object.bytes({{"late", 0}, {"early", 0}}, {{"early", 0}, {"late", 32}});
  EXPECT_TRUE(mend_variables(bytes, "linked.o"));
  EXPECT_THAT(places(bytes), ElementsAre(Pair("early", 0), Pair("late", 32)));
  EXPECT_FALSE(mend_variables(bytes, "linked.o"));
}

TEST_P(variable_places_of, right_offsets_stay) {
  auto bytes = object.bytes({{"early", 0}, {"late", 32}}, {{"early", 0}, {"late", 32}});
  const auto before = bytes;
  EXPECT_FALSE(mend_variables(bytes, "linked.o"));
  EXPECT_EQ(bytes, before);
}

TEST_P(variable_places_of, sections_without_a_size_are_left_to_libbpf) {
  auto bytes = object.bytes({{"early", 0}, {"late", 0}}, {{"early", 0}, {"late", 32}}, 0);
  const auto before = bytes;
  EXPECT_FALSE(mend_variables(bytes, "linked.o"));
  EXPECT_EQ(bytes, before);
}

TEST_P(variable_places_of, impossible_places_are_refused) {
  EXPECT_THAT(refusal(object.bytes({{"late", 0}}, {{"late", 33}})),
              HasSubstr("'linked.o': map 'late' has 32 bytes at offset 33, outside of section"));
  EXPECT_THAT(refusal(object.bytes({{"late", 0}}, {{"late", ~std::uint64_t{0}}})),
              HasSubstr("map 'late' has 32 bytes at offset 18446744073709551615"));
  EXPECT_THAT(refusal(object.bytes({{"late", 0}}, {{"other", 0}})),
              HasSubstr("map 'late' has no symbol in section '.maps'"));
}

TEST_P(variable_places_of, maps_that_libbpf_does_not_open_are_refused) {
  EXPECT_THAT(refusal(object.bytes({{"counts", 0, 0}}, {})), HasSubstr("map 'counts' is static"));
  EXPECT_THAT(refusal(object.bytes({{"counts", 0, 2}}, {})),
              HasSubstr("map 'counts' is declared extern"));
  for (const auto visibility : {std::uint8_t{STV_HIDDEN}, std::uint8_t{STV_INTERNAL}})
    EXPECT_THAT(refusal(object.bytes({{"counts", 0}}, {{"counts", 0, visibility}})),
                HasSubstr("map 'counts' has hidden visibility"));
}

TEST_P(variable_places_of, damaged_objects_are_refused_or_left_alone) {
  const auto sound = object.bytes({{"late", 0}, {"early", 0}}, {{"early", 0}, {"late", 32}});
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (const auto value : {std::uint8_t{0x00}, std::uint8_t{0x7f}, std::uint8_t{0xff}}) {
      auto bytes = sound;
      bytes[at] = value;
      try {
        mend_variables(bytes, "linked.o");
      } catch (const failure& problem) {
        EXPECT_THAT(problem.what(), HasSubstr("linked.o"));
      }
      EXPECT_EQ(bytes.size(), sound.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(object, variable_places_of,
                         testing::Values(std::endian::little, std::endian::big),
                         [](const auto& test) {
                           return test.param == std::endian::little ? "little" : "big";
                         });

}  // namespace
}  // namespace ebpfkit::host::test
