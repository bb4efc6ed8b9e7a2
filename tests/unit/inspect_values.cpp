// Values by their BTF: what people and programs see of the bytes of a map.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "inspect/typed_value.hpp"
#include "support/text_table.hpp"

namespace ebpfkit::host {
namespace {

using json = nlohmann::ordered_json;
using test::btf_builder;
using byte_list = std::vector<std::uint8_t>;

static_assert(std::endian::native == std::endian::little, "the bytes below are little-endian");

std::string shown(const btf_builder& builder, type_id type, const byte_list& bytes) {
  const type_graph types(builder.bytes());
  return value_text(typed_value(types, type, bytes));
}

TEST(inspect_values, integers_have_their_sign_and_size) {
  btf_builder builder;
  const auto unsigned_byte = builder.integer("unsigned char", 1);
  const auto signed_byte = builder.integer("signed char", 1, true);
  const auto signed_long = builder.integer("long", 8, true);
  const auto wide = builder.integer("unsigned __int128", 16);
  EXPECT_EQ(shown(builder, unsigned_byte, {0xff}), "255");
  EXPECT_EQ(shown(builder, signed_byte, {0xff}), "-1");
  EXPECT_EQ(shown(builder, signed_long, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "-2");
  EXPECT_EQ(shown(builder, wide, byte_list(16, 7)),
            "\"07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07\"");
}

TEST(inspect_values, too_few_bytes_are_shown_as_bytes) {
  btf_builder builder;
  const auto number = builder.integer("int", 4, true);
  const auto record = builder.record("r", 8, {{"a", number, 0}, {"b", number, 32}});
  EXPECT_EQ(shown(builder, number, {1, 2}), "\"01 02\"");
  EXPECT_EQ(shown(builder, record, {1, 0, 0, 0, 2}), "\"01 00 00 00 02\"");
  EXPECT_EQ(shown(builder, 0, {1, 2}), "\"01 02\"");
}

TEST(inspect_values, members_of_anonymous_records_stand_in_the_outer_one) {
  btf_builder builder;
  const auto number = builder.integer("unsigned int", 4);
  const auto inner =
      builder.record("", 4, {{"x", number, 0}, {"y", number, 0}}, type_kind::union_type);
  const auto record = builder.record("r", 8, {{"a", number, 0}, {"", inner, 32}});
  EXPECT_EQ(shown(builder, record, {1, 0, 0, 0, 2, 0, 0, 0}), "{.a = 1, .x = 2, .y = 2}");
}

TEST(inspect_values, bit_fields_and_enumerations) {
  btf_builder builder;
  const auto number = builder.integer("unsigned int", 4);
  const auto signed_number = builder.integer("int", 4, true);
  const auto colour = builder.enumeration("colour", {{"RED", 0}, {"GREEN", 3}});
  const auto signs = builder.enumeration("signs", {{"LESS", ~std::uint64_t{0}}}, true);
  const auto record = builder.record(
      "r", 4,
      {{"a", number, 0, 3}, {"b", signed_number, 3, 4}, {"c", colour, 7, 2}, {"d", number, 9, 23}});
  // a = 5, b = -3, c = 3, d = 1
  const std::uint32_t bits = 5U | (0xdU << 3) | (3U << 7) | (1U << 9);
  const byte_list bytes{static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
                        static_cast<std::uint8_t>(bits >> 16),
                        static_cast<std::uint8_t>(bits >> 24)};
  EXPECT_EQ(shown(builder, record, bytes), "{.a = 5, .b = -3, .c = \"GREEN\", .d = 1}");
  EXPECT_EQ(shown(builder, colour, {9, 0, 0, 0}), "9");
  EXPECT_EQ(shown(builder, signs, {0xff, 0xff, 0xff, 0xff}), "\"LESS\"");
}

TEST(inspect_values, characters_are_text_only_up_to_a_nul) {
  btf_builder builder;
  const auto character = builder.integer("char", 1, true);
  const auto text = builder.array(character, 4);
  EXPECT_EQ(shown(builder, text, {'a', 'b', 0, 'c'}), "\"ab\"");
  EXPECT_EQ(shown(builder, text, {'a', 'b', 'c', 'd'}), "{97, 98, 99, 100}");
  EXPECT_EQ(shown(builder, text, {'a', 0x1b, 0, 0}), "{97, 27, 0, 0}");
}

TEST(inspect_values, a_section_has_its_variables_by_name) {
  btf_builder builder;
  const auto number = builder.integer("unsigned int", 4);
  const auto pointer = builder.pointer(number);
  const auto first = builder.variable("limit", number, symbol_linkage::global);
  const auto second = builder.variable("where", pointer, symbol_linkage::global);
  const auto section =
      builder.add(".data", type_kind::data_section, 2, false, 16, {first, 0, 4, second, 8, 8});
  EXPECT_EQ(shown(builder, section, {7, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0}),
            "{.limit = 7, .where = \"0x10\"}");
}

TEST(inspect_values, numbers_of_all_cpus_are_added) {
  json sum = {{"name", "x"}, {"count", 3U}, {"balance", -4}, {"sizes", {1U, 2U}}};
  add_numbers(sum, {{"name", "y"}, {"count", 4U}, {"balance", 1}, {"sizes", {10U, 20U}}});
  EXPECT_EQ(value_text(sum), "{.name = \"x\", .count = 7, .balance = -3, .sizes = {11, 22}}");
  json wraps = ~std::uint64_t{0};
  add_numbers(wraps, json(std::uint64_t{2}));
  EXPECT_EQ(value_text(wraps), "1");
}

TEST(inspect_values, columns_of_a_table_are_aligned) {
  EXPECT_EQ(text_table({{"name", "bytes"}, {"a", "5"}, {"longer", "1234"}}),
            "name    bytes\n"
            "a           5\n"
            "longer   1234\n");
  EXPECT_EQ(text_table({{"name", "held by"}}), "name  held by\n");
}

}  // namespace
}  // namespace ebpfkit::host
