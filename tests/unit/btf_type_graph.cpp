#include "btf/type_graph.hpp"
#include "support/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/name_lookup.hpp"
#include "btf_builder.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using testing::ElementsAre;
using testing::HasSubstr;

std::string problem_of(const std::vector<std::uint8_t>& bytes) {
  try {
    const type_graph graph(bytes);
    return "accepted";
  } catch (const failure& error) {
    return error.what();
  }
}

class both_byte_orders : public testing::TestWithParam<std::endian> {};
INSTANTIATE_TEST_SUITE_P(type_graph, both_byte_orders,
                         testing::Values(std::endian::little, std::endian::big));

TEST_P(both_byte_orders, every_kind_is_read) {
  const type_graph graph(test::sample_btf(GetParam()));
  EXPECT_EQ(graph.byte_order(), GetParam());
  EXPECT_EQ(graph.type_count(), 23U);
  EXPECT_EQ(graph.kind(0), type_kind::void_type);
  EXPECT_EQ(graph.name(0), "");

  EXPECT_EQ(graph.name(1), "int");
  EXPECT_TRUE(graph.integer(1).is_signed);
  EXPECT_EQ(graph.integer(1).bits, 32U);
  EXPECT_EQ(graph.target(3), 6U);
  EXPECT_EQ(graph.array(4).element, 2U);
  EXPECT_EQ(graph.array(4).count, 16U);

  EXPECT_TRUE(graph.is_record(6));
  ASSERT_EQ(graph.members(6).size(), 3U);
  EXPECT_EQ(graph.member(6, 1).name, "name");
  EXPECT_EQ(graph.member(6, 1).bit_offset, 64U);
  EXPECT_EQ(graph.member(6, 2).name, "");
  EXPECT_EQ(graph.member(5, 1).bit_offset, 3U);
  EXPECT_EQ(graph.member(5, 1).bitfield_size, 7U);

  EXPECT_TRUE(graph.is_signed_enumeration(7));
  EXPECT_EQ(graph.enumerators(7)[1].value, ~0ULL);
  EXPECT_EQ(graph.enumerators(8)[0].value, 0x123456789abcdef0U);
  EXPECT_FALSE(graph.is_forward_union(9));
  ASSERT_EQ(graph.parameters(14).size(), 2U);
  EXPECT_EQ(graph.parameter(14, 0).name, "from");
  EXPECT_EQ(graph.name(15), "send.part.0");
  EXPECT_EQ(graph.linkage(15), symbol_linkage::global);
  EXPECT_EQ(graph.linkage(16), symbol_linkage::external);
  EXPECT_EQ(graph.section_entries(17)[0].variable, 16U);
  EXPECT_EQ(graph.section_entries(17)[0].size, 4U);
  EXPECT_EQ(graph.tagged_component(19), 1);
  EXPECT_EQ(graph.name(20), "user");
}

TEST_P(both_byte_orders, sizes_and_alignments) {
  const type_graph graph(test::sample_btf(GetParam()));
  EXPECT_EQ(graph.size_of(4), 16U);
  EXPECT_EQ(graph.alignment_of(4), 1U);
  EXPECT_EQ(graph.size_of(6), 32U);
  EXPECT_EQ(graph.alignment_of(6), 8U);
  EXPECT_EQ(graph.size_of(22), 8U);
  EXPECT_EQ(graph.size_of(9), 0U);
}

TEST(type_graph, packed_record_has_alignment_one) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto shifted = btf.record("shifted", 5, {{"x", integer, 8}});
  const auto short_size = btf.record("short_size", 6, {{"x", integer, 0}});
  const type_graph graph(btf.bytes());
  EXPECT_EQ(graph.alignment_of(shifted), 1U);
  EXPECT_EQ(graph.alignment_of(short_size), 1U);
}

TEST(type_graph, pointer_size_is_that_of_long) {
  btf_builder btf;
  btf.integer("int", 4, true);
  btf.integer("long unsigned int", 4);
  const auto pointer = btf.pointer(0);
  const type_graph graph(btf.bytes());
  EXPECT_EQ(graph.pointer_size(), 4U);
  EXPECT_EQ(graph.size_of(pointer), 4U);
}

// The `long` type may be the last one. Before it, the reader cannot check a size that depends on
// pointers.
TEST(type_graph, a_record_of_a_32_bit_kernel_may_end_with_a_pointer) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto node = btf.record("node", 8, {{"value", integer, 0}, {"next", integer + 2, 32}});
  const auto pointer = btf.pointer(node);
  const auto table = btf.array(pointer, 2);
  const auto map = btf.record("map", 8, {{"nodes", table, 0}});
  btf.integer("long unsigned int", 4);
  const type_graph graph(btf.bytes());
  EXPECT_EQ(graph.pointer_size(), 4U);
  EXPECT_EQ(graph.size_of(table), 8U);
  EXPECT_EQ(graph.alignment_of(map), 4U);
}

TEST_P(both_byte_orders, bytes_are_read_at_any_address_and_kept) {
  const auto bytes = test::sample_btf(GetParam());
  std::vector<std::uint8_t> shifted(bytes.size() + 1);
  std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
  const type_graph copied(std::span<const std::uint8_t>(shifted).subspan(1));
  const type_graph moved{std::vector<std::uint8_t>(bytes)};
  for (const auto* graph : {&copied, &moved}) {
    EXPECT_THAT(graph->bytes(), testing::ElementsAreArray(bytes));
    EXPECT_EQ(graph->size_of(6), 32U);
    EXPECT_EQ(graph->member(6, 1).name, "name");
  }
}

// The size of the BTF header decides at which address the words of the types are.
TEST(type_graph, types_at_an_odd_address_are_read) {
  auto bytes = test::sample_btf();
  bytes.insert(bytes.begin() + 24, 0);
  bytes[std::endian::native == std::endian::little ? 4 : 7] = 25;
  const type_graph graph(bytes);
  EXPECT_EQ(graph.size_of(6), 32U);
  EXPECT_EQ(graph.find("node"), std::vector<type_id>{6});
}

TEST(type_graph, finds_types_apart_from_symbols) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto prototype = btf.add({}, type_kind::function_prototype, 0, false, integer);
  const auto function = btf.function("twin", prototype, symbol_linkage::global);
  const auto record = btf.record("twin", 4, {{"a", integer, 0}});
  const type_graph graph(btf.bytes());
  EXPECT_THAT(graph.find("twin"), ElementsAre(function, record));
  EXPECT_THAT(graph.find_types("twin"), ElementsAre(record));
  EXPECT_EQ(graph.find("twin", type_kind::function), function);
}

TEST(type_graph, finds_enums_by_constant) {
  btf_builder btf;
  const auto first = btf.enumeration("first", {{"A", 1}, {"B", 2}, {"B", 2}});
  const auto second = btf.enumeration({}, {{"B", 3}});
  const type_graph graph(btf.bytes());
  EXPECT_THAT(graph.find_enumerations_with("A"), ElementsAre(first));
  EXPECT_THAT(graph.find_enumerations_with("B"), ElementsAre(first, second));
  EXPECT_TRUE(graph.find_enumerations_with("first").empty());
  EXPECT_TRUE(graph.find_enumerations_with("").empty());
}

TEST(type_graph, finds_by_name_and_kind) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto first = btf.record("twin", 4, {{"a", integer, 0}});
  const auto second = btf.record("twin", 4, {{"b", integer, 0}});
  const auto alias = btf.type_definition("twin", second);
  const type_graph graph(btf.bytes());
  EXPECT_THAT(graph.find("twin"), ElementsAre(first, second, alias));
  EXPECT_EQ(graph.find("twin", type_kind::type_definition), alias);
  EXPECT_EQ(graph.find("twin", type_kind::union_type), std::nullopt);
  EXPECT_TRUE(graph.find("").empty());
  EXPECT_TRUE(graph.find("absent").empty());
}

TEST(type_graph, split_btf_continues_its_base) {
  btf_builder base_btf;
  const auto integer = base_btf.integer("int", 4, true);
  const auto base_node = base_btf.record("node", 4, {{"value", integer, 0}});
  const auto base = std::make_shared<const type_graph>(base_btf.bytes());

  btf_builder module_btf(std::endian::native, base->type_count(), base_btf.text_size());
  const auto own = module_btf.record("own", 8, {{"node", base_node, 0}, {"more", integer, 32}});
  const type_graph graph(module_btf.bytes(), base);
  EXPECT_EQ(graph.first_own_type(), own);
  EXPECT_EQ(graph.name(own), "own");
  EXPECT_EQ(graph.member(own, 0).type, base_node);
  EXPECT_EQ(graph.size_of(base_node), 4U);
  EXPECT_THAT(graph.find("node"), ElementsAre(base_node));
  EXPECT_THAT(problem_of(module_btf.bytes()), HasSubstr("split BTF without its base"));
}

TEST(type_graph, split_btf_has_the_byte_order_of_its_base) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    btf_builder base_btf(order);
    base_btf.integer("int", 4, true);
    const auto base = std::make_shared<const type_graph>(base_btf.bytes());
    for (const auto own_order : {std::endian::little, std::endian::big}) {
      btf_builder module_btf(own_order, base->type_count(), base_btf.text_size());
      module_btf.pointer(1);
      std::string problem;
      try {
        const type_graph graph(module_btf.bytes(), base);
      } catch (const failure& error) {
        problem = error.what();
      }
      EXPECT_EQ(problem,
                own_order == order ? "" : "its byte order differs from that of its base BTF");
    }
  }
}

// clang gives size 0 to an enum that is only declared. In C it has the size of an int.
TEST(type_graph, a_declared_enum_may_have_size_0) {
  btf_builder btf;
  const auto later = btf.enumeration("later", {}, false, 0);
  btf.pointer(later);
  const type_graph graph(btf.bytes());
  EXPECT_EQ(graph.size_of(later), 4U);
}

TEST(type_graph, tells_what_a_declaration_declares) {
  btf_builder btf;
  const auto record = btf.forward("record");
  const auto both = btf.forward("both", true);
  const type_graph graph(btf.bytes());
  EXPECT_FALSE(graph.is_forward_union(record));
  EXPECT_TRUE(graph.is_forward_union(both));
}

TEST(type_graph, refuses_foreign_headers) {
  EXPECT_THAT(problem_of({}), HasSubstr("magic number"));
  auto bytes = test::sample_btf();
  bytes[2] = 2;
  EXPECT_THAT(problem_of(bytes), HasSubstr("version 2"));
  bytes[0] = 0;
  EXPECT_THAT(problem_of(bytes), HasSubstr("magic"));
}

TEST(type_graph, names_an_unknown_kind) {
  for (const auto kind : {20U, 31U}) {
    btf_builder btf;
    btf.integer("int", 4, true);
    btf.add({}, static_cast<type_kind>(kind), 0, false, 0);
    EXPECT_EQ(problem_of(btf.bytes()), "BTF type 2 has the unknown kind " + std::to_string(kind));
  }
}

struct unsound_case {
  const char* name;
  std::function<void(btf_builder&)> build;  // adds types after type 1, which is `int`
  const char* problem;
};

void PrintTo(const unsound_case& unsound, std::ostream* out) {
  *out << unsound.name;
}

class unsound_btf : public testing::TestWithParam<unsound_case> {};

TEST_P(unsound_btf, is_refused) {
  btf_builder btf;
  btf.integer("int", 4, true);
  GetParam().build(btf);
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    type_graph, unsound_btf,
    testing::Values(
        unsound_case{"dangling_pointer", [](auto& b) { b.pointer(99); }, "does not exist"},
        unsound_case{"pointer_to_variable",
                     [](auto& b) { b.pointer(b.variable("v", 1, symbol_linkage::global)); },
                     "as if that were a type"},
        unsound_case{"pointer_to_itself", [](auto& b) { b.pointer(2); }, "contains itself"},
        unsound_case{"typedef_of_itself", [](auto& b) { b.type_definition("t", 2); },
                     "contains itself"},
        unsound_case{"array_of_itself", [](auto& b) { b.array(2, 1); }, "contains itself"},
        unsound_case{"struct_in_itself",
                     [](auto& b) {
                       b.record("s", 4, {{"s", 2, 0}});
                     },
                     "contains itself"},
        unsound_case{"anonymous_struct_pointing_to_itself",
                     [](auto& b) {
                       b.record({}, 8, {{"p", 3, 0}});
                       b.pointer(2);
                     },
                     "contains itself"},
        unsound_case{"two_structs_in_each_other",
                     [](auto& b) {
                       b.record("a", 4, {{"b", 3, 0}});
                       b.record("b", 4, {{"a", 2, 0}});
                     },
                     "contains itself"},
        unsound_case{"code_as_member_name",
                     [](auto& b) {
                       b.record("s", 4, {{"x; int y", 1, 0}});
                     },
                     "C allows"},
        unsound_case{"code_as_typedef_name", [](auto& b) { b.type_definition("t;\nx", 1); },
                     "C allows"},
        unsound_case{"code_as_integer_name", [](auto& b) { b.integer("int;", 4); }, "C allows"},
        unsound_case{"anonymous_typedef", [](auto& b) { b.type_definition("", 1); }, "C allows"},
        unsound_case{"name_beyond_end",
                     [](auto& b) {
                       // The array's own three words, then a typedef whose name is at 5000.
                       b.add({}, type_kind::array, 0, false, 0, {1, 1, 1, 5000, 8U << 24, 1});
                     },
                     "beyond the string section"},
        unsound_case{"void_member",
                     [](auto& b) {
                       b.record("s", 4, {{"v", 0, 0}});
                     },
                     "no values"},
        unsound_case{"forward_member",
                     [](auto& b) {
                       b.record("s", 4, {{"v", b.forward("f"), 0}});
                     },
                     "no values"},
        unsound_case{"member_beyond_end",
                     [](auto& b) {
                       b.record("s", 4, {{"x", 1, 8}});
                     },
                     "beyond the end"},
        unsound_case{"wide_bitfield",
                     [](auto& b) {
                       b.record("s", 8, {{"x", 1, 0, 33}});
                     },
                     "wider"},
        unsound_case{"integer_of_3_bytes", [](auto& b) { b.integer("int", 3); }, "3 bytes"},
        unsound_case{"integer_of_0_bytes", [](auto& b) { b.integer("int", 0); }, "0 bytes"},
        unsound_case{"enum_of_3_bytes",
                     [](auto& b) {
                       b.enumeration("e", {{"E", 1}}, false, 3);
                     },
                     "3 bytes"},
        unsound_case{"enum_of_0_bytes",
                     [](auto& b) {
                       b.enumeration("e", {{"E", 1}}, false, 0);
                     },
                     "0 bytes"},
        unsound_case{"huge_member",
                     [](auto& b) {
                       const auto huge = b.array(b.array(b.array(1, 0xffffffff), 0xffffffff), 4);
                       b.record("s", 0xffffffff, {{"x", huge, 0}});
                     },
                     "beyond the end"},
        unsound_case{"function_without_prototype",
                     [](auto& b) { b.function("f", 1, symbol_linkage::global); },
                     "not a prototype"},
        unsound_case{"linkage", [](auto& b) { b.variable("v", 1, symbol_linkage{3}); }, "linkage"},
        unsound_case{"section_of_types",
                     [](auto& b) {
                       b.add(".data", type_kind::data_section, 1, false, 4, {1, 0, 4});
                     },
                     "not a variable"},
        unsound_case{"cut_off_member",
                     [](auto& b) {
                       b.add("s", type_kind::structure, 1, false, 4, {0, 1});
                     },
                     "cut off"},
        unsound_case{"reserved_bits",
                     [](auto& b) { b.add({}, type_kind::pointer, 1 << 16, false, 1); },
                     "unknown flags"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(type_graph, long_chains_are_refused_without_deep_recursion) {
  btf_builder btf;
  auto type = btf.integer("int", 4, true);
  for (int i = 0; i < 200000; ++i)
    type = btf.wrap(type_kind::const_qualifier, type);
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("nested more than 512 deep"));
}

// Each anonymous struct is in the next one twice, so the C text would double in each of 40 steps.
TEST(type_graph, exponential_text_is_refused) {
  btf_builder btf;
  auto type = btf.record({}, 0, {});
  for (int i = 0; i < 40; ++i)
    type = btf.record({}, 0, {{"a", type, 0}, {"b", type, 0}});
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("enormous"));
}

TEST(type_graph, an_anonymous_enum_repeated_often_is_refused) {
  btf_builder btf;
  const std::vector<btf_builder::constant> constants(2000, {"C", 1});
  const auto constant = btf.enumeration({}, constants);
  const std::vector<btf_builder::member> members(2000, {"m", constant, 0});
  btf.record("s", 4, members, type_kind::union_type);
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("enormous"));
}

TEST(type_graph, names_longer_than_the_kernel_allows_are_refused) {
  btf_builder btf;
  btf.integer("int", 4, true);
  btf.type_definition(std::string(511, 'x'), 1);
  EXPECT_EQ(problem_of(btf.bytes()), "accepted");
  btf.type_definition(std::string(512, 'x'), 1);
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("BTF type 3 (typedef)"));
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("longer than 511 characters"));
}

// The limit also holds for names that need not be identifiers.
TEST(type_graph, a_tag_has_a_longest_length) {
  btf_builder btf;
  btf.integer("int", 4, true);
  btf.wrap(type_kind::type_tag, 1, std::string(longest_btf_name, 'x'));
  EXPECT_EQ(problem_of(btf.bytes()), "accepted");
  btf.wrap(type_kind::type_tag, 1, std::string(longest_btf_name + 1, 'x'));
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("longer than 4096 characters"));
}

// Reading the name for each type would take minutes.
TEST(type_graph, a_very_long_name_of_very_many_types_costs_nothing) {
  constexpr std::size_t count = 170'000;
  btf_builder btf;
  const auto name = btf.text(std::string(2'000'000, 'x'));
  for (std::size_t i = 0; i < count; ++i)
    btf.forward({});
  auto bytes = btf.bytes();
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(bytes.data() + 24 + i * 12, &name, sizeof name);
  EXPECT_THAT(problem_of(bytes), HasSubstr("longer than"));
  const type_graph graph(std::move(bytes), nullptr, type_checks::on_use);
  EXPECT_TRUE(graph.find("task_struct").empty());
  const std::string beginning(9, 'x');
  EXPECT_TRUE(name_lookup(graph, {beginning}).types(beginning).empty());
}

// The message about the pointer must not read the variable's name, which is not checked yet.
TEST(type_graph, a_bad_name_of_a_later_type_is_found_first) {
  btf_builder btf;
  const auto pointer = btf.pointer(2);
  btf.variable("v", pointer, symbol_linkage::global);
  auto bytes = btf.bytes();
  for (std::size_t i = 0; i < 3; ++i)
    bytes[24 + 12 + i] = 0x70;  // the variable's name
  EXPECT_THAT(problem_of(bytes), HasSubstr("beyond the string section"));
}

// A name whose text is empty counts as no name, even if its offset is not 0.
TEST(type_graph, a_record_with_an_empty_name_is_anonymous) {
  btf_builder btf;
  btf.text("x");
  const auto record = btf.add({}, type_kind::structure, 1, false, 8, {btf.text("p"), 2, 0});
  btf.pointer(record);
  auto bytes = btf.bytes();
  bytes[24] = 2;  // the end of "x"
  EXPECT_THAT(problem_of(bytes), HasSubstr("contains itself"));
}

TEST(type_graph, gigabytes_of_padding_are_refused) {
  btf_builder btf;
  btf.record("hollow", 0xffffffff, {});
  EXPECT_THAT(problem_of(btf.bytes()), HasSubstr("enormous"));
}

// Whatever a graph accepts must keep its promises: all of it can be written as C.
void use_if_accepted(const std::vector<std::uint8_t>& bytes) {
  try {
    const type_graph graph(bytes);
    type_request everything;
    everything.whole = true;
    write_c_header(graph, select_types(graph, everything, "test"), {});
    for (type_id type = 0; type < graph.type_count(); ++type) {
      (void)graph.size_of(type);
      (void)graph.alignment_of(type);
      (void)graph.describe(type);
    }
  } catch (const failure&) {
  }
}

TEST_P(both_byte_orders, any_prefix_is_refused_or_read) {
  const auto whole = test::sample_btf(GetParam());
  for (std::size_t size = 0; size < whole.size(); ++size)
    use_if_accepted({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
}

TEST_P(both_byte_orders, any_changed_byte_is_refused_or_read) {
  const auto whole = test::sample_btf(GetParam());
  for (std::size_t position = 0; position < whole.size(); ++position) {
    for (const auto mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      auto changed = whole;
      changed[position] = static_cast<std::uint8_t>(changed[position] ^ mask);
      use_if_accepted(changed);
    }
  }
}

}  // namespace
}  // namespace ebpfkit::host
