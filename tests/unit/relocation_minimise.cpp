#include "relocation/minimise.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "relocation_object_builder.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using test::object_builder;
using kind = relocation_kind;
using status = relocation_status;

std::shared_ptr<const type_graph> parse(const std::vector<std::uint8_t>& bytes) {
  return std::make_shared<const type_graph>(bytes);
}

std::vector<std::uint8_t> minimise(object_builder& object, const btf_builder& target) {
  const std::array objects{object.object()};
  return ebpfkit::host::minimise(objects, core_target(parse(target.bytes())));
}

TEST(core_minimise, keeps_used_members_and_the_byte_order) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    object_builder object;
    const auto number = object.types.integer("int", 4, true);
    const auto state = object.types.enumeration("state", {{"ON", 1}, {"OFF", 2}});
    const auto sample = object.types.record("sample", 8, {{"x", number, 0}, {"state", state, 32}});
    object.relocate(kind::field_byte_offset, sample, "0:0", 0);
    object.relocate(kind::field_exists, sample, "0:1", 1);
    object.relocate(kind::enumval_value, state, "1", 2);

    btf_builder target(order);
    const auto target_number = target.integer("int", 4, true);
    const auto unused = target.record("unused", 4, {{"a", target_number, 0}});
    const auto target_state = target.enumeration("state", {{"ON", 3}, {"OFF", 4}, {"MORE", 5}});
    const auto renamed = target.type_definition("number_t", target_number);
    target.record("sample", 64,
                  {{"unused", target.pointer(unused), 0},
                   {"x", target.wrap(type_kind::const_qualifier, renamed), 64},
                   {"state", target_state, 128}});
    const auto bytes = minimise(object, target);
    const type_graph small(bytes);
    EXPECT_EQ(small.byte_order(), order);
    EXPECT_EQ(small.type_count(), 4U);
    EXPECT_TRUE(small.find("unused").empty());
    const auto kept = small.find("sample", type_kind::structure);
    ASSERT_TRUE(kept);
    EXPECT_EQ(small.size_of(*kept), 64U);
    ASSERT_EQ(small.members(*kept).size(), 2U);
    EXPECT_EQ(small.member(*kept, 0).name, "x");
    EXPECT_EQ(small.member(*kept, 0).bit_offset, 64U);
    EXPECT_EQ(small.kind(small.member(*kept, 0).type), type_kind::integer);
    const auto kept_state = small.find("state", type_kind::enumeration);
    ASSERT_TRUE(kept_state);
    ASSERT_EQ(small.enumerators(*kept_state).size(), 1U);
    EXPECT_EQ(small.enumerator_at(*kept_state, 0).name, "OFF");
    EXPECT_EQ(minimise(object, target), bytes) << "the same input gives the same bytes";
  }
}

// If minimising left out the members behind an array of size 0, the array would become a flexible
// one.
TEST(core_minimise, arrays_of_no_size_do_not_become_flexible) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto some = object.types.array(number, 4);
  const auto sample = object.types.record("sample", 16, {{"array", some, 0}});
  object.relocate(kind::field_exists, sample, "0:0", 1);
  object.relocate(kind::field_byte_offset, sample, "0:0:1", 4);
  btf_builder target;
  const auto target_number = target.integer("int", 4, true);
  target.record("sample", 8,
                {{"array", target.array(target_number, 0), 0}, {"behind", target_number, 32}});
  const type_graph small(minimise(object, target));
  EXPECT_EQ(small.members(*small.find("sample", type_kind::structure)).size(), 2U);
}

TEST(core_minimise, pointers_of_32_bit_kernels_keep_their_size) {
  object_builder object;
  const auto sample = object.types.record("sample", 8, {{"p", object.types.pointer(0), 0}});
  object.relocate(kind::field_byte_size, sample, "0:0", 8);
  btf_builder target;
  target.integer("unsigned int", 4);
  target.integer("long unsigned int", 4);
  target.record("sample", 16, {{"p", target.pointer(0), 32}});
  EXPECT_EQ(type_graph(minimise(object, target)).pointer_size(), 4U);
}

// Otherwise a 32-bit process would assume that these pointers have 4 bytes.
TEST(core_minimise, pointers_of_64_bit_kernels_keep_their_size) {
  object_builder object;
  const auto sample = object.types.record("sample", 8, {{"p", object.types.pointer(0), 0}});
  object.relocate(kind::field_byte_size, sample, "0:0", 8);
  btf_builder target;
  target.integer("long int", 8, true);
  target.record("sample", 16, {{"p", target.pointer(0), 64}});
  const type_graph small(minimise(object, target));
  EXPECT_NE(small.pointer_size_type(), 0U);
  EXPECT_EQ(small.pointer_size(), 8U);
}

TEST(core_minimise, keeps_what_makes_types_match_or_not) {
  object_builder object;
  auto& local = object.types;
  const auto number = local.integer("int", 4, true);
  const auto inner = local.record("", 4, {{"deep", number, 0}});
  const auto function = local.prototype(number, {{"x", local.pointer(number)}});
  const auto sample = local.record(
      "sample", 24, {{"x", number, 0}, {"", inner, 32}, {"call", local.pointer(function), 64}});
  const auto other = local.record("other", 4, {{"x", number, 0}, {"y", number, 0}});
  const auto callback = local.type_definition("callback", local.pointer(function));
  object.relocate(kind::type_matches, sample, "0", 1);
  object.relocate(kind::type_matches, other, "0", 1);
  object.relocate(kind::type_exists, other, "0", 1);
  object.relocate(kind::type_exists, callback, "0", 1);

  btf_builder target;
  const auto target_number = target.integer("int", 4, true);
  const auto target_inner =
      target.record("", 8, {{"more", target_number, 0}, {"deep", target_number, 32}});
  const auto target_function =
      target.prototype(target_number, {{"y", target.pointer(target_number)}});
  target.record("sample", 64,
                {{"left_out", target_number, 0},
                 {"call", target.pointer(target_function), 64},
                 {"", target_inner, 128},
                 {"x", target_number, 256}});
  target.record("other", 4, {{"x", target_number, 0}});
  target.type_definition("callback", target.pointer(target_function));
  const auto parsed = object.object();
  const auto whole = resolve(parsed, core_target(parse(target.bytes())));
  EXPECT_EQ(whole[0].status, status::resolved);
  EXPECT_EQ(whole[1].status, status::absent);
  const auto small = parse(minimise(object, target));
  const auto minimised = resolve(parsed, core_target(small));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(minimised[i].status, whole[i].status) << i;
    EXPECT_EQ(minimised[i].code, whole[i].code) << i;
  }
  EXPECT_EQ(small->members(*small->find("sample", type_kind::structure)).size(), 3U);
}

TEST(core_minimise, keeps_the_result_of_a_prototype) {
  for (const auto question : {kind::type_exists, kind::type_matches}) {
    object_builder object;
    auto& local = object.types;
    const auto callback = local.type_definition(
        "callback",
        local.pointer(local.prototype(local.pointer(local.record("inner", 4, {})), {})));
    object.relocate(question, callback, "0", 1);
    btf_builder target;
    const auto result = target.pointer(target.record("inner", 4, {}));
    target.type_definition("callback", target.pointer(target.prototype(result, {})));
    const auto small = parse(minimise(object, target));
    EXPECT_EQ(resolve(object.object(), core_target(small))[0].status, status::resolved);
    EXPECT_TRUE(small->find("inner", type_kind::structure));
  }
}

TEST(core_minimise, keeps_whether_a_declaration_is_of_a_union) {
  for (const bool is_union : {false, true}) {
    object_builder object;
    auto& local = object.types;
    const auto pointer = local.pointer(local.forward("inner", is_union));
    object.relocate(kind::type_matches, local.record("sample", 8, {{"x", pointer, 0}}), "0", 1);
    btf_builder target;
    target.record("sample", 8, {{"x", target.pointer(target.forward("inner", is_union)), 0}});
    const auto small = parse(minimise(object, target));
    const auto declared = small->find("inner", type_kind::forward);
    ASSERT_TRUE(declared);
    EXPECT_EQ(small->is_forward_union(*declared), is_union);
    EXPECT_EQ(resolve(object.object(), core_target(small))[0].status, status::resolved);
  }
}

TEST(core_minimise, candidates_that_disagree_still_do) {
  object_builder object;
  const auto sample = object.types.record("sample", 4, {{"x", object.types.integer("int", 4), 0}});
  object.relocate(kind::field_byte_offset, sample, "0:0", 0);
  btf_builder target;
  const auto target_number = target.integer("int", 4);
  target.record("sample", 8, {{"x", target_number, 0}});
  target.record("sample", 8, {{"x", target_number, 32}});
  const auto small = parse(minimise(object, target));
  EXPECT_EQ(small->find("sample").size(), 2U);
  EXPECT_EQ(resolve(object.object(), core_target(small))[0].status, status::ambiguous);
}

TEST(core_minimise, nothing_to_keep) {
  object_builder object;
  object.types.integer("int", 4);
  btf_builder target;
  target.integer("int", 4);
  EXPECT_EQ(type_graph(minimise(object, target)).type_count(), 1U);
}

TEST(core_minimise, several_objects) {
  const auto with_member = [](std::string_view name) {
    object_builder object;
    const auto sample =
        object.types.record("sample", 4, {{name, object.types.integer("int", 4), 0}});
    object.relocate(kind::field_byte_offset, sample, "0:0", 0);
    return object.object();
  };
  const std::array objects{with_member("x"), with_member("z")};
  btf_builder target;
  const auto number = target.integer("int", 4);
  target.record("sample", 12, {{"x", number, 0}, {"y", number, 32}, {"z", number, 64}});
  const type_graph small(ebpfkit::host::minimise(objects, core_target(parse(target.bytes()))));
  const auto sample = *small.find("sample", type_kind::structure);
  ASSERT_EQ(small.members(sample).size(), 2U);
  EXPECT_EQ(small.member(sample, 1).name, "z");
}

}  // namespace
}  // namespace ebpfkit::host
