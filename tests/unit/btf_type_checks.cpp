// When type_graph checks what: all at once, or on use, and names that C does not allow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using testing::HasSubstr;

// Returns the header of the sample's records, or nothing when the reader refuses the BTF.
std::optional<std::string> header_of(const std::vector<std::uint8_t>& bytes,
                                     const std::vector<std::string>& types, type_checks when) {
  try {
    const type_graph graph(std::vector<std::uint8_t>(bytes), nullptr, when);
    type_request request;
    request.types = types;
    return write_c_header(graph, select_types(graph, request, "test"), {});
  } catch (const failure&) {
    return std::nullopt;
  }
}

// A kernel with parts in Rust, and a declaration without a name, as pahole may leave one.
struct other_names {
  btf_builder btf;
  type_id number = btf.integer("int", 4);
  type_id task = btf.record("task", 4, {{"pid", number, 0}});
  type_id option = btf.record("Option<u32>", 4, {{"value", number, 0}});
  type_id inner = btf.record("inner", 4, {{"{impl#3}", number, 0}});
  type_id anonymous = btf.record({}, 4, {{"Ok(T)", number, 0}});
  type_id result = btf.enumeration("result", {{"Ok", 0}, {"Err<E>", 1}});
  type_id alias = btf.type_definition("*mut u8", number);
  type_id nameless = btf.forward({});
  type_id option_pointer = btf.pointer(option);
  type_id inner_pointer = btf.pointer(inner);
  type_id anonymous_pointer = btf.pointer(anonymous);
  type_id nameless_pointer = btf.pointer(nameless);
  type_id holds_inner = btf.record("holds_inner", 4, {{"inner", inner, 0}});
  type_id points_to_inner = btf.record("points_to_inner", 8, {{"inner", inner_pointer, 0}});
  type_id points_to_holder = btf.pointer(holds_inner);
  type_id array = btf.array(result, 2);
  type_id takes_option = btf.prototype(number, {{"option", option_pointer}});
  type_id takes_inner = btf.prototype(number, {{"inner", inner_pointer}});
  type_id unit = btf.integer("()", 4);
};

TEST(type_checks, types_with_names_that_c_does_not_allow_are_refused_when_they_are_used) {
  const other_names made;
  EXPECT_THROW(type_graph(made.btf.bytes()), failure);
  const type_graph graph(made.btf.bytes(), nullptr, type_checks::names_on_use);
  for (const auto type : {made.number, made.task, made.inner_pointer, made.points_to_inner,
                          made.points_to_holder, made.takes_inner}) {
    EXPECT_TRUE(graph.has_c_names(type)) << type;
    EXPECT_NO_THROW(graph.check(type)) << type;
  }
  for (const auto type :
       {made.option, made.inner, made.anonymous, made.result, made.alias, made.nameless,
        made.option_pointer, made.anonymous_pointer, made.nameless_pointer, made.holds_inner,
        made.array, made.takes_option, made.unit}) {
    EXPECT_FALSE(graph.has_c_names(type)) << type;
    EXPECT_THROW(graph.check(type), ebpfkit::host::unsound_btf) << type;
  }
}

TEST(type_checks, split_btf_may_continue_a_base_with_other_names) {
  const other_names made;
  const auto base =
      std::make_shared<const type_graph>(made.btf.bytes(), nullptr, type_checks::names_on_use);
  btf_builder module(std::endian::native, base->type_count(), made.btf.text_size());
  const auto sound = module.pointer(made.task);
  const auto other = module.pointer(made.option);
  const type_graph graph(module.bytes(), base, type_checks::names_on_use);
  EXPECT_TRUE(graph.has_c_names(sound));
  EXPECT_FALSE(graph.has_c_names(other));
  EXPECT_FALSE(graph.has_c_names(made.option));
  EXPECT_THROW(graph.check(made.option), ebpfkit::host::unsound_btf);
  EXPECT_THROW(graph.check(other), ebpfkit::host::unsound_btf);
  EXPECT_NO_THROW(graph.check(sound));
}

TEST(type_checks, a_whole_header_leaves_out_types_with_names_that_c_does_not_allow) {
  const other_names made;
  const type_graph graph(made.btf.bytes(), nullptr, type_checks::names_on_use);
  type_request whole;
  whole.whole = true;
  const auto selection = select_types(graph, whole, "test");
  const auto header = write_c_header(graph, selection, {});
  EXPECT_EQ(selection.left_out.size(), 13U);
  EXPECT_THAT(header, HasSubstr("struct task {"));
  EXPECT_THAT(header, HasSubstr("struct points_to_inner {"));
  EXPECT_THAT(header, HasSubstr("// Left out: 13 types with names that C does not allow"));
  for (const auto* text : {"Option", "impl", "Err<", "mut", "struct holds_inner {"})
    EXPECT_THAT(header, testing::Not(HasSubstr(text)));
  EXPECT_EQ(header_of(made.btf.bytes(), {"task"}, type_checks::names_on_use),
            header_of(made.btf.bytes(), {"task"}, type_checks::on_use));
  for (const auto* type : {"holds_inner", "result", "inner"}) {
    EXPECT_FALSE(header_of(made.btf.bytes(), {type}, type_checks::names_on_use)) << type;
    EXPECT_FALSE(header_of(made.btf.bytes(), {type}, type_checks::on_use)) << type;
  }
}

// Each type shows the next one.
TEST(type_checks, types_that_show_such_a_name_through_many_others) {
  constexpr type_id count = 200'000;
  constexpr type_id chain = 50;  // longer ones would make enormous C text
  btf_builder btf;
  for (type_id type = 1; type < count; ++type)
    type % chain == 0 ? btf.forward("a b") : btf.pointer(type + 1);
  btf.forward("a b");
  const type_graph graph(btf.bytes(), nullptr, type_checks::names_on_use);
  for (const type_id type : {type_id{1}, chain - 1, chain, count / 2, count})
    EXPECT_FALSE(graph.has_c_names(type)) << type;
}

// Rust allows letters of other languages in names.
TEST(type_checks, names_with_other_letters_are_refused_when_they_are_used) {
  for (const auto* name : {"caf\xc3\xa9", "\xe2\x82\xac", "a\xf0\x9f\x90\x9d"}) {
    btf_builder btf;
    const auto number = btf.integer("int", 4);
    btf.record("task", 4, {{"pid", number, 0}});
    const auto other = btf.record(name, 4, {{"pid", number, 0}});
    btf.function(name, btf.prototype(number, {}), symbol_linkage::global);
    EXPECT_THROW(type_graph(btf.bytes()), failure) << name;
    const type_graph graph(btf.bytes(), nullptr, type_checks::names_on_use);
    EXPECT_FALSE(graph.has_c_names(other)) << name;
    EXPECT_TRUE(header_of(btf.bytes(), {"task"}, type_checks::names_on_use)) << name;
    EXPECT_FALSE(header_of(btf.bytes(), {name}, type_checks::names_on_use)) << name;
    type_request whole;
    whole.whole = true;
    const auto header = write_c_header(graph, select_types(graph, whole, "test"), {});
    EXPECT_THAT(header, HasSubstr("struct task {"));
    EXPECT_THAT(header, testing::Not(HasSubstr(name)));
  }
}

// Names that cannot be printed, or that stand where no name may be, are damage in any case.
TEST(type_checks, damaged_names_are_refused_at_once) {
  for (const auto* name : {"a\nb", "\x1b[2J", "caf\xe9", "caf\xc3", "\xc0\xaf", "\xc2\x9b[2J",
                           "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x82\x82\xac", "\xa9"}) {
    btf_builder btf;
    btf.record(name, 4, {});
    EXPECT_THROW(type_graph(btf.bytes(), nullptr, type_checks::names_on_use), failure);
  }
  btf_builder btf;
  btf.wrap(type_kind::pointer, 0, "named pointer");
  EXPECT_THROW(type_graph(btf.bytes(), nullptr, type_checks::names_on_use), failure);
}

// Checks on use may accept damage outside the types of the header, and no other damage.
void expect_no_silent_damage(const std::vector<std::uint8_t>& damaged,
                             const std::vector<std::uint8_t>& sound, const std::string& type) {
  const auto all = header_of(damaged, {type}, type_checks::at_once);
  const auto used = header_of(damaged, {type}, type_checks::on_use);
  if (all || used) {
    EXPECT_EQ(used, all ? all : header_of(sound, {type}, type_checks::at_once));
  }
  const auto without_names = header_of(damaged, {type}, type_checks::names_on_use);
  if (all || without_names) {
    EXPECT_EQ(without_names, all ? all : header_of(sound, {type}, type_checks::at_once));
  }
}

class type_checks_of : public testing::TestWithParam<std::endian> {};

INSTANTIATE_TEST_SUITE_P(orders, type_checks_of,
                         testing::Values(std::endian::little, std::endian::big));

TEST_P(type_checks_of, checks_on_use_miss_nothing_that_is_used) {
  const auto whole = test::sample_btf(GetParam());
  const type_graph graph(whole);
  std::vector<std::string> names;
  for (type_id type = 1; type < graph.type_count(); ++type) {
    if (is_type(graph.kind(type)) && graph.kind(type) != type_kind::integer &&
        is_c_identifier(graph.name(type)) &&
        header_of(whole, {std::string(graph.name(type))}, type_checks::on_use))
      names.emplace_back(graph.name(type));
  }
  ASSERT_FALSE(names.empty());
  for (const auto& name : names) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      expect_no_silent_damage({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)},
                              whole, name);
    for (std::size_t position = 0; position < whole.size(); ++position) {
      for (const auto mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
        auto changed = whole;
        changed[position] = static_cast<std::uint8_t>(changed[position] ^ mask);
        expect_no_silent_damage(changed, whole, name);
        if (HasFailure())
          FAIL() << name << ", byte " << position << " ^ " << mask;
      }
    }
  }
}

}  // namespace
}  // namespace ebpfkit::host
