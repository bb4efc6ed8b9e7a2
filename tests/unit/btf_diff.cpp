#include "btf/btf_diff.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "btf/type_text.hpp"
#include "btf_builder.hpp"
#include "input_fixtures.hpp"

namespace ebpfkit::host::input_test {
namespace {

using test::btf_builder;
using texts = std::vector<std::string>;
using build = std::function<void(btf_builder&)>;

// Returns a text like "struct s: member_moved a byte 0 -> byte 4" for each difference.
texts compare(const build& before, const build& after, const diff_options& options = {}) {
  btf_builder one;
  btf_builder other(std::endian::big);
  before(one);
  after(other);
  const type_graph one_graph(one.bytes());
  const type_graph other_graph(other.bytes());
  texts all;
  for (const auto& each : compare_btf(one_graph, other_graph, options))
    all.push_back(fmt::format("{}: {} {} {} -> {}", each.type, change_name(each.change), each.item,
                              each.before, each.after));
  return all;
}

TEST(BtfDiff, SameTypesWithOtherIds) {
  const auto before = [](btf_builder& btf) {
    const auto number = btf.integer("int", 4);
    const auto later = btf.forward("later");
    const auto to_later = btf.pointer(later);
    btf.record("s", 16, {{"number", number, 0}, {"to", to_later, 64}});
  };
  const auto after = [](btf_builder& btf) {
    const auto number = btf.integer("int", 4);
    const auto later = btf.record("later", 4, {{"x", number, 0}});
    const auto tagged = btf.wrap(type_kind::type_tag, later, "user");
    const auto to_later = btf.pointer(tagged);
    btf.record("s", 16, {{"number", number, 0}, {"to", to_later, 64}});
  };
  EXPECT_EQ(compare(before, before), texts{});
  EXPECT_EQ(compare(before, after), texts{"struct later: type_added   -> "});
}

TEST(BtfDiff, Members) {
  EXPECT_EQ(
      compare(
          [](btf_builder& btf) {
            const auto number = btf.integer("int", 4);
            btf.record("s", 12, {{"moved", number, 0}, {"gone", number, 32}, {"kept", number, 64}});
          },
          [](btf_builder& btf) {
            const auto number = btf.integer("int", 4);
            const auto array = btf.array(number, 2);
            btf.record("s", 20,
                       {{"new", number, 0},
                        {"moved", array, 32},
                        {"kept", number, 64 + 32},
                        {"bits", number, 128, 3}});
          }),
      (texts{"struct s: size_changed  12 -> 20", "struct s: member_moved moved byte 0 -> byte 4",
             "struct s: member_retyped moved int -> int [2]",
             "struct s: member_removed gone int -> ",
             "struct s: member_moved kept byte 8 -> byte 12", "struct s: member_added new  -> int",
             "struct s: member_added bits  -> int"}));
}

TEST(BtfDiff, Bitfields) {
  const auto with = [](std::uint32_t offset, std::uint32_t size) {
    return [=](btf_builder& btf) {
      const auto number = btf.integer("int", 4);
      btf.record("s", 4, {{"bits", number, offset, size}});
    };
  };
  EXPECT_EQ(compare(with(3, 4), with(3, 1)),
            texts{"struct s: member_moved bits bits 3-6 -> bit 3"});
}

TEST(BtfDiff, AnonymousMembersCountAsTheRecordsOwn) {
  const auto flat = [](btf_builder& btf) {
    const auto number = btf.integer("int", 4);
    btf.record("s", 8, {{"a", number, 0}, {"b", number, 32}});
  };
  const auto nested = [](btf_builder& btf) {
    const auto number = btf.integer("int", 4);
    const auto inner = btf.record({}, 4, {{"b", number, 0}}, type_kind::union_type);
    btf.record("s", 8, {{"a", number, 0}, {{}, inner, 32}});
  };
  EXPECT_EQ(compare(flat, nested), texts{});
}

TEST(BtfDiff, NamedMembersOfAnonymousType) {
  const auto with = [](std::string_view name) {
    return [=](btf_builder& btf) {
      const auto number = btf.integer("int", 4);
      const auto inner = btf.record({}, 4, {{name, number, 0}});
      btf.record("s", 4, {{"outer", inner, 0}});
    };
  };
  EXPECT_EQ(compare(with("a"), with("b")), (texts{"struct s: member_removed outer.a int -> ",
                                                  "struct s: member_added outer.b  -> int"}));
}

TEST(BtfDiff, Enums) {
  EXPECT_EQ(
      compare(
          [](btf_builder& btf) {
            btf.enumeration("e", {{"A", 1}, {"B", 2}});
          },
          [](btf_builder& btf) {
            btf.enumeration64("e", {{"A", 1}, {"B", 1ULL << 40}, {"C", 3}});
          }),
      (texts{"enum e: size_changed  4 -> 8", "enum e: enumerator_changed B 2 -> 1099511627776",
             "enum e: enumerator_added C  -> 3"}));
}

TEST(BtfDiff, ConstantsOfAnonymousEnums) {
  EXPECT_EQ(
      compare(
          [](btf_builder& btf) {
            btf.enumeration({}, {{"A", 1}, {"GONE", 2}});
            btf.enumeration({}, {{"MINUS", ~0ULL}}, true);
          },
          [](btf_builder& btf) {
            btf.enumeration({}, {{"MINUS", 5}, {"A", 1}}, true);
          }),
      (texts{"enum: enumerator_removed GONE 2 -> ", "enum: enumerator_changed MINUS -1 -> 5"}));
}

TEST(BtfDiff, Typedefs) {
  const auto with = [](std::string_view target, std::string_view member) {
    return [=](btf_builder& btf) {
      const auto number = btf.integer(target, 4);
      btf.type_definition("number_t", number);
      const auto record = btf.record({}, 4, {{member, number, 0}});
      btf.type_definition("record_t", record);
    };
  };
  EXPECT_EQ(compare(with("int", "a"), with("long", "a"), {{"number_t"}, false}),
            texts{"typedef number_t: definition_changed  int -> long"});
  EXPECT_EQ(compare(with("int", "a"), with("int", "b")),
            (texts{"typedef record_t: member_removed a int -> ",
                   "typedef record_t: member_added b  -> int"}));
}

TEST(BtfDiff, Integers) {
  EXPECT_EQ(compare([](btf_builder& btf) { btf.integer("int", 4, true); },
                    [](btf_builder& btf) { btf.integer("int", 2); }),
            texts{"int int: definition_changed  4 bytes, 32 bits, signed -> 2 bytes, 16 bits, "
                  "unsigned"});
}

TEST(BtfDiff, SeveralTypesOfOneName) {
  const auto with = [](const std::vector<std::uint32_t>& sizes) {
    return [=](btf_builder& btf) {
      for (const auto size : sizes)
        btf.record("s", size, {});
    };
  };
  EXPECT_EQ(compare(with({4, 8}), with({8, 4})), texts{});
  EXPECT_EQ(compare(with({4, 8}), with({8, 12})), texts{"struct s: size_changed  4 -> 12"});
  EXPECT_EQ(compare(with({4, 8}), with({8})), texts{"struct s: type_removed   -> "});
}

TEST(BtfDiff, ChosenTypesAndFunctions) {
  const auto before = [](btf_builder& btf) {
    const auto number = btf.integer("int", 4);
    btf.record("s", 4, {{"a", number, 0}});
    btf.type_definition("s", number);
    btf.function("run", btf.prototype(0, {{"a", number}}), symbol_linkage::global);
  };
  const auto after = [](btf_builder& btf) {
    const auto number = btf.integer("int", 4);
    btf.record("s", 8, {{"a", number, 0}});
    const auto pointer = btf.pointer(number);
    btf.type_definition("s", pointer);
    btf.function("run", btf.prototype(0, {{"a", number}, {{}, 0}}), symbol_linkage::global);
  };
  EXPECT_EQ(compare(before, after).size(), 2U);
  EXPECT_EQ(compare(before, after, {{"struct s"}, false}), texts{"struct s: size_changed  4 -> 8"});
  EXPECT_EQ(compare(before, after, {{"s"}, false}).size(), 2U);
  const texts run{"function run: definition_changed  void (int) -> void (int, ...)"};
  EXPECT_EQ(compare(before, after, {{"run"}, false}), run);
  EXPECT_EQ(compare(before, after, {{}, true}).size(), 3U);
  EXPECT_NE(failure_text([&] { compare(before, after, {{"none"}, false}); }), "");
}

TEST(TypeText, WritesC) {
  btf_builder btf;
  const auto number = btf.integer("int", 4);
  const auto letter = btf.integer("char", 1);
  const auto constant = btf.wrap(type_kind::const_qualifier, letter);
  const auto text = btf.pointer(constant);
  const auto fixed_text = btf.wrap(type_kind::const_qualifier, text);
  const auto prototype = btf.prototype(number, {{"a", fixed_text}, {"b", 0}});
  const auto to_function = btf.pointer(prototype);
  const auto table = btf.array(to_function, 3);
  const auto to_array = btf.pointer(btf.array(number, 4));
  const auto nothing = btf.prototype(0, {});
  const auto record = btf.record({}, 4, {{"x", number, 0}});
  const auto to_record = btf.pointer(record);
  const type_graph graph(btf.bytes());
  EXPECT_EQ(type_text(graph, text), "const char *");
  EXPECT_EQ(type_text(graph, fixed_text), "const char *const");
  EXPECT_EQ(type_text(graph, to_function), "int (*)(const char *const, void)");
  EXPECT_EQ(type_text(graph, table), "int (*[3])(const char *const, void)");
  EXPECT_EQ(type_text(graph, to_array), "int (*)[4]");
  EXPECT_EQ(type_text(graph, nothing), "void (void)");
  EXPECT_EQ(type_text(graph, to_record), "struct {...} *");
  EXPECT_EQ(type_text(graph, 0), "void");
}

TEST(TypeText, DeepTypesAreCut) {
  btf_builder btf;
  auto type = btf.integer("int", 4);
  for (int i = 0; i < 100; ++i)
    type = btf.pointer(type);
  EXPECT_LT(type_text(type_graph(btf.bytes()), type).size(), 40U);
}

TEST(BtfDiff, DifferencesAreNotTooMany) {
  constexpr std::size_t constants_of_enum = 65535;
  texts names;
  for (std::size_t i = 0; i < constants_of_enum; ++i)
    names.push_back(fmt::format("c{}", i));
  std::vector<btf_builder::constant> constants;
  for (const auto& name : names)
    constants.push_back({name, 0});
  const auto enums = [&](std::size_t count) {
    return [&constants, count](btf_builder& btf) {
      for (std::size_t i = 0; i < count; ++i)
        btf.enumeration(fmt::format("e{}", i), constants);
    };
  };
  const auto others = [](btf_builder& btf) {
    for (std::size_t i = 0; i <= most_differences / constants_of_enum; ++i)
      btf.enumeration(fmt::format("e{}", i), {{"other", 0}});
  };
  constexpr auto fitting = most_differences / constants_of_enum;
  // Besides the constants that are gone, `other` is new in each, and the last enum is new.
  EXPECT_EQ(compare(enums(fitting), others).size(), fitting * (constants_of_enum + 1) + 1);
  EXPECT_THAT(failure_text([&] { compare(enums(fitting + 1), others); }),
              testing::HasSubstr("differ in more than 250000"));
}

TEST(BtfDiff, SurvivesDamage) {
  const auto whole = test::sample_btf();
  const type_graph whole_graph(whole);
  survive_damage(whole, [&](const bytes& damaged) {
    const type_graph graph(damaged);
    if (graph.byte_order() == whole_graph.byte_order())
      compare_btf(whole_graph, graph, {{}, true});
  });
}

}  // namespace
}  // namespace ebpfkit::host::input_test
