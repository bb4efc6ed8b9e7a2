// One case for each rule of how relocations are resolved.
#include "relocation/resolve.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cstdint>
#include <limits>

#include "relocation/access_spec.hpp"
#include "relocation/report.hpp"
#include "relocation_object_builder.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using test::load;
using test::object_builder;
using kind = relocation_kind;
using status = relocation_status;

core_target target_of(const btf_builder& types) {
  return core_target(std::make_shared<const type_graph>(types.bytes()));
}

std::vector<resolution> resolve(object_builder& object, const btf_builder& target) {
  return ebpfkit::host::resolve(object.object(), target_of(target));
}

void expect_value(const resolution& result, std::uint64_t value) {
  EXPECT_EQ(result.status, status::resolved) << result.problem;
  EXPECT_EQ(result.value.target, value);
}

TEST(core_names, essential_name) {
  EXPECT_EQ(essential_name("foo"), "foo");
  EXPECT_EQ(essential_name("foo___bar"), "foo");
  EXPECT_EQ(essential_name("foo___bar___baz"), "foo___bar");
  EXPECT_EQ(essential_name("a___b"), "a");
  EXPECT_EQ(essential_name("___b"), "___b");
  EXPECT_EQ(essential_name("a___"), "a___");
  EXPECT_EQ(essential_name("a____b"), "a____b");
  EXPECT_EQ(essential_name(""), "");
}

// The object has struct sample { int first; struct { int inner; int numbers[4]; }; struct sample
// *next; }. The target has a similar struct, with moved members and without the anonymous struct.
TEST(core_resolve, fields_are_found_by_name_at_any_anonymous_level) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto numbers = object.types.array(number, 4);
  const auto inner = object.types.record("", 20, {{"inner", number, 0}, {"numbers", numbers, 32}});
  const auto sample =
      object.types.record("sample___mine", 24, {{"first", number, 0}, {"", inner, 32}});
  object.relocate(kind::field_byte_offset, sample, "0:0", 0);
  object.relocate(kind::field_byte_offset, sample, "0:1:0", 4);
  object.relocate(kind::field_byte_offset, sample, "0:1:1:2", 16);
  object.relocate(kind::field_byte_size, sample, "0:1:1", 16);
  object.relocate(kind::field_exists, sample, "0:1:0", 1);
  object.relocate(kind::field_byte_offset, sample, "2:0", 48);

  btf_builder target;
  const auto target_number = target.integer("int", 4, true);
  const auto long_number = target.integer("long long", 8, true);
  const auto many = target.array(target_number, 8);
  const auto hidden = target.record("", 4, {{"inner", target_number, 0}}, type_kind::union_type);
  const auto deeper = target.record("", 8, {{"", hidden, 32}});
  target.record("sample", 64,
                {{"numbers", many, 64}, {"", deeper, 384}, {"first", long_number, 0}});

  const auto results = resolve(object, target);
  expect_value(results[0], 0);
  expect_value(results[1], 52);
  expect_value(results[2], 16);
  expect_value(results[3], 32);
  expect_value(results[4], 1);
  expect_value(results[5], 128);
  EXPECT_EQ(results[1].matches.front().path, (std::vector<std::int32_t>{0, 1, 0, 0}));
  EXPECT_EQ(results[1].code.first.immediate, 52);

  const auto parsed = object.object();
  EXPECT_EQ(access_text(parsed, parsed.relocations()[2]), "struct sample___mine::numbers[2]");
  EXPECT_EQ(parsed.relocations()[2].program, "test_program");
  EXPECT_EQ(parsed.relocations()[2].position.line, 12U);
  EXPECT_EQ(parsed.relocations()[2].position.text, "use(it);");
}

TEST(core_resolve, array_bounds_and_flexible_arrays) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto five = object.types.array(number, 5);
  const auto flexible = object.types.array(number, 0);
  const auto sample = object.types.record(
      "sample", 20, {{"bounded", five, 0}, {"middle", five, 0}, {"last", flexible, 160}});
  object.relocate(kind::field_byte_offset, sample, "0:0:4", 16);
  object.relocate(kind::field_byte_offset, sample, "0:1:0", 0);
  object.relocate(kind::field_byte_offset, sample, "0:2:7", 48);

  btf_builder target;
  const auto target_number = target.integer("int", 4, true);
  const auto four = target.array(target_number, 4);
  const auto none = target.array(target_number, 0);
  target.record("sample", 20, {{"bounded", four, 0}, {"middle", none, 0}, {"last", none, 128}});
  const auto results = resolve(object, target);
  EXPECT_EQ(results[0].status, status::poisoned);
  EXPECT_EQ(results[1].status, status::poisoned);
  expect_value(results[2], 44);
}

struct shifts {
  std::uint64_t offset, size, left, right;
};

void expect_bitfield(std::endian target_order, const shifts& wanted) {
  object_builder object;
  const auto number = object.types.integer("unsigned int", 4);
  const auto sample = object.types.record("sample", 4, {{"bits", number, 0, 5}});
  for (const auto each : {kind::field_byte_offset, kind::field_byte_size, kind::field_lshift_u64,
                          kind::field_rshift_u64, kind::field_signed})
    object.relocate(each, sample, "0:0", each == kind::field_rshift_u64 ? 59 : 0);
  btf_builder target(target_order);
  const auto target_number = target.integer("unsigned int", 4, true);
  target.record("sample", 16, {{"before", target_number, 0, 30}, {"bits", target_number, 30, 7}});
  const auto results = resolve(object, target);
  expect_value(results[0], wanted.offset);
  expect_value(results[1], wanted.size);
  expect_value(results[2], wanted.left);
  expect_value(results[3], wanted.right);
  expect_value(results[4], 1);
}

TEST(core_resolve, bitfields_are_read_with_the_byte_order_of_the_target) {
  expect_bitfield(std::endian::little, {0, 8, 64 - 37, 57});
  expect_bitfield(std::endian::big, {0, 8, 30, 57});
}

TEST(core_resolve, bitfield_across_eight_bytes_is_refused) {
  object_builder object;
  const auto number = object.types.integer("unsigned long", 8);
  const auto sample = object.types.record("sample", 8, {{"bits", number, 0, 5}});
  object.relocate(kind::field_byte_offset, sample, "0:0", 0);
  btf_builder target;
  const auto target_number = target.integer("unsigned long", 8);
  target.record("sample", 16, {{"bits", target_number, 60, 8}});
  EXPECT_EQ(resolve(object, target)[0].status, status::refused);
}

TEST(core_resolve, field_compatibility) {
  object_builder object;
  auto& local = object.types;
  const auto number = local.integer("int", 4, true);
  const auto pointer = local.pointer(0);
  const auto color = local.enumeration("color", {{"RED", 0}});
  const auto nested = local.record("nested", 4, {{"x", number, 0}});
  const auto real = local.add("double", type_kind::floating_point, 0, false, 8);
  const auto sample = local.record("sample", 48,
                                   {{"number", number, 0},
                                    {"pointer", pointer, 64},
                                    {"color", color, 128},
                                    {"nested", nested, 160},
                                    {"real", real, 192},
                                    {"other_color", color, 256}});
  for (const auto* access : {"0:0", "0:1", "0:2", "0:3", "0:4", "0:5"})
    object.relocate(kind::field_exists, sample, access, 1);

  btf_builder target;
  const auto wide = target.integer("unsigned long", 8);
  const auto flavoured = target.enumeration64("color___v2", {{"BLUE", 3}});
  const auto mixed = target.record("something", 8, {{"y", wide, 0}}, type_kind::union_type);
  const auto qualified = target.wrap(type_kind::const_qualifier, wide);
  const auto shape = target.enumeration("shape", {{"ROUND", 0}});
  const auto half = target.add("float", type_kind::floating_point, 0, false, 4);
  target.record("sample", 64,
                {{"number", qualified, 0},
                 {"pointer", wide, 64},
                 {"color", flavoured, 128},
                 {"nested", mixed, 192},
                 {"real", half, 256},
                 {"other_color", shape, 288}});
  const auto results = resolve(object, target);
  expect_value(results[0], 1);
  EXPECT_EQ(results[1].status, status::absent) << "an integer is no pointer";
  EXPECT_EQ(results[1].code.first.immediate, 0);
  expect_value(results[2], 1);
  expect_value(results[3], 1);
  expect_value(results[4], 1);
  EXPECT_EQ(results[5].status, status::absent) << "another enum";
}

TEST(core_resolve, what_is_missing_is_zero_or_poison) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto gone = object.types.record("gone", 4, {{"x", number, 0}});
  const auto state = object.types.enumeration("state", {{"ON", 7}});
  object.relocate(kind::type_exists, gone, "0", 1);
  object.relocate(kind::type_size, gone, "0", 4);
  object.relocate(kind::type_id_target, gone, "0", 4);
  object.relocate(kind::type_matches, gone, "0", 1);
  object.relocate(kind::field_exists, gone, "0:0", 1);
  object.relocate(kind::enumval_exists, state, "0", 1);
  object.relocate(kind::field_byte_offset, gone, "0:0", 0);
  object.relocate(kind::field_signed, gone, "0:0", 1);
  object.relocate(kind::enumval_value, state, "0", {BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 7},
                  instruction{});
  object.relocate(kind::type_id_local, gone, "0", 99);
  btf_builder target;
  target.integer("int", 4, true);
  const auto results = resolve(object, target);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(results[i].status, status::absent) << i;
    EXPECT_EQ(results[i].code.first.immediate, 0) << i;
  }
  for (std::size_t i = 6; i < 9; ++i) {
    EXPECT_EQ(results[i].status, status::poisoned) << i;
    EXPECT_EQ(results[i].code.first, (instruction{BPF_JMP | BPF_CALL, 0, 0, 0, 0xbad2310})) << i;
  }
  EXPECT_EQ(results[8].code.second, results[8].code.first);
  expect_value(results[9], gone);
}

// As in libbpf: a candidate that fails for one relocation is not tried again for that type.
TEST(core_resolve, candidates_must_agree_and_are_pruned) {
  btf_builder target;
  const auto target_number = target.integer("int", 4, true);
  target.record("sample", 8, {{"both", target_number, 0}, {"only", target_number, 32}});
  target.record("sample___other", 8, {{"both", target_number, 32}});

  object_builder ambiguous;
  auto number = ambiguous.types.integer("int", 4, true);
  auto sample = ambiguous.types.record("sample", 8, {{"both", number, 0}, {"only", number, 32}});
  ambiguous.relocate(kind::field_exists, sample, "0:0", 1);
  ambiguous.relocate(kind::field_byte_offset, sample, "0:0", 0);
  EXPECT_EQ(resolve(ambiguous, target)[0].status, status::ambiguous) << "by offset";
  EXPECT_EQ(resolve(ambiguous, target)[1].status, status::ambiguous);

  object_builder pruned;
  number = pruned.types.integer("int", 4, true);
  sample = pruned.types.record("sample", 8, {{"both", number, 0}, {"only", number, 32}});
  pruned.relocate(kind::field_byte_offset, sample, "0:1", 4);
  pruned.relocate(kind::field_byte_offset, sample, "0:0", 0);
  const auto results = resolve(pruned, target);
  expect_value(results[0], 4);
  expect_value(results[1], 0);
}

TEST(core_resolve, types_loosely) {
  object_builder object;
  auto& local = object.types;
  const auto number = local.integer("int", 4, true);
  const auto function = local.prototype(number, {{"x", local.pointer(0)}});
  const auto callback = local.type_definition("callback", local.pointer(function));
  const auto number_name = local.type_definition("number_name", number);
  const auto sample = local.record("sample", 4, {{"x", number, 0}});
  object.relocate(kind::type_exists, callback, "0", 1);
  object.relocate(kind::type_exists, number_name, "0", 1);
  object.relocate(kind::type_size, sample, "0", 4);
  object.relocate(kind::type_id_target, sample, "0", 1234);
  object.relocate(kind::type_exists, number, "0", 1);

  btf_builder target;
  const auto wide = target.integer("long", 8, true);
  target.integer("int", 4);
  const auto target_function = target.prototype(wide, {{"y", target.pointer(wide)}});
  target.type_definition("callback", target.pointer(target_function));
  target.type_definition("number_name", target.pointer(0));
  const auto target_sample = target.record("sample", 400, {});
  const auto results = resolve(object, target);
  EXPECT_EQ(results[0].status, status::absent) << "void is no int";
  EXPECT_EQ(results[1].status, status::absent);
  expect_value(results[2], 400);
  expect_value(results[3], target_sample);
  expect_value(results[4], 1);
}

TEST(core_resolve, types_strictly) {
  const auto matches = [](auto build_local, auto build_target) {
    object_builder object;
    object.relocate(kind::type_matches, build_local(object.types), "0", 1);
    btf_builder target;
    build_target(target);
    const auto result = resolve(object, target)[0];
    EXPECT_NE(result.status, status::refused) << result.problem;
    return result.status == status::resolved;
  };
  const auto with_member = [](auto make_type) {
    return [make_type](btf_builder& types) {
      return types.record("sample", 64, {{"x", make_type(types), 0}});
    };
  };
  const auto number = [](bool is_signed, std::uint32_t size) {
    return [=](btf_builder& types) { return types.integer("int", size, is_signed); };
  };
  EXPECT_TRUE(matches(with_member(number(true, 4)), with_member(number(true, 4))));
  EXPECT_FALSE(matches(with_member(number(true, 4)), with_member(number(false, 4))));
  EXPECT_FALSE(matches(with_member(number(true, 4)), with_member(number(true, 8))));

  const auto array = [](std::uint32_t count) {
    return [=](btf_builder& types) { return types.array(types.integer("int", 4, true), count); };
  };
  EXPECT_TRUE(matches(with_member(array(3)), with_member(array(3))));
  EXPECT_FALSE(matches(with_member(array(3)), with_member(array(4))));

  // Behind a pointer only the name and the kind matter, and a declaration is enough.
  const auto pointer_to_record = [](std::string_view name) {
    return [=](btf_builder& types) {
      return types.pointer(types.record(name, 4, {{"m", types.integer("int", 4, true), 0}}));
    };
  };
  const auto pointer_to_forward = [](btf_builder& types) {
    return types.pointer(types.forward("inner"));
  };
  EXPECT_TRUE(matches(with_member(pointer_to_record("inner")), with_member(pointer_to_forward)));
  EXPECT_TRUE(matches(with_member(pointer_to_forward), with_member(pointer_to_record("inner"))));
  EXPECT_FALSE(
      matches(with_member(pointer_to_record("inner")), with_member(pointer_to_record("outer"))));

  const auto pointer_to_declared = [](bool is_union) {
    return [=](btf_builder& types) { return types.pointer(types.forward("inner", is_union)); };
  };
  const auto pointer_to_union = [](btf_builder& types) {
    return types.pointer(types.record("inner", 4, {}, type_kind::union_type));
  };
  EXPECT_TRUE(matches(with_member(pointer_to_declared(true)), with_member(pointer_to_union)));
  EXPECT_TRUE(matches(with_member(pointer_to_union), with_member(pointer_to_declared(true))));
  EXPECT_TRUE(
      matches(with_member(pointer_to_declared(true)), with_member(pointer_to_declared(true))));
  EXPECT_FALSE(matches(with_member(pointer_to_declared(false)), with_member(pointer_to_union)));
  EXPECT_FALSE(matches(with_member(pointer_to_union), with_member(pointer_to_declared(false))));
  EXPECT_FALSE(
      matches(with_member(pointer_to_declared(true)), with_member(pointer_to_declared(false))));

  const auto two_members = [](btf_builder& types) {
    const auto each = types.integer("int", 4, true);
    return types.record("sample", 8, {{"x", each, 0}, {"y", each, 32}});
  };
  EXPECT_FALSE(matches(two_members, with_member(number(true, 4))));
  EXPECT_TRUE(matches(with_member(number(true, 4)), two_members));

  const auto state = [](std::vector<btf_builder::constant> constants, std::uint32_t size = 4) {
    return [=](btf_builder& types) { return types.enumeration("state", constants, false, size); };
  };
  EXPECT_TRUE(matches(state({{"ON", 1}}), state({{"OFF", 0}, {"ON___new", 9}})));
  EXPECT_FALSE(matches(state({{"ON", 1}}), state({{"OFF", 0}})));
  EXPECT_FALSE(matches(state({{"ON", 1}}), state({{"ON", 1}}, 1)));
}

TEST(core_resolve, enumerators) {
  object_builder object;
  const auto state = object.types.enumeration("state", {{"OFF", 0}, {"ON___mine", 1}});
  object.relocate(kind::enumval_exists, state, "1", 1);
  object.relocate(kind::enumval_value, state, "1", {BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 1},
                  instruction{});
  object.relocate(kind::enumval_value, state, "0", 0);
  btf_builder target;
  target.enumeration64("state", {{"ON", 0x123456789abcdef0}, {"OFF", 5}});
  const auto results = resolve(object, target);
  expect_value(results[0], 1);
  expect_value(results[1], 0x123456789abcdef0);
  EXPECT_EQ(results[1].code.first.immediate, static_cast<std::int32_t>(0x9abcdef0));
  EXPECT_EQ(results[1].code.second->immediate, 0x12345678);
  expect_value(results[2], 5);
  const auto parsed = object.object();
  EXPECT_EQ(access_text(parsed, parsed.relocations()[0]), "enum state::ON___mine");
}

// As in libbpf: a value of a 32-bit enum is sign-extended, even if the enum is unsigned.
TEST(core_resolve, enumerator_of_32_bits_is_extended_by_its_sign) {
  object_builder object;
  const auto state = object.types.enumeration("state", {{"ALL", 0xffffffff}});
  object.relocate(kind::enumval_value, state, "0", {BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, -1},
                  instruction{0, 0, 0, 0, -1});
  btf_builder target;
  target.enumeration("state", {{"ALL", 0x80000000}});
  expect_value(resolve(object, target)[0], 0xffffffff80000000);
}

class core_patch : public testing::Test {
 protected:
  // Resolves `code`, which accesses a member of 4 bytes at offset 8. In the target the member has
  // `target_size` bytes and is at `target_offset`.
  resolution access(const instruction& code, std::uint32_t target_size, std::uint32_t target_offset,
                    bool is_signed = false) {
    object_builder object;
    const auto word = object.types.integer("int", 4, is_signed);
    object.relocate(kind::field_byte_offset, object.types.record("sample", 16, {{"x", word, 64}}),
                    "0:0", code);
    btf_builder target;
    target.record("sample", target_offset + 16,
                  {{"x", target.integer("int", target_size, is_signed), target_offset * 8}});
    return resolve(object, target)[0];
  }
};

TEST_F(core_patch, loads_and_stores) {
  EXPECT_EQ(access(load(BPF_W, 8), 4, 32).code.first, load(BPF_W, 32));
  EXPECT_EQ(access(load(BPF_W, 8), 8, 32).code.first, load(BPF_DW, 32));
  EXPECT_EQ(access(load(BPF_W, 8), 1, 32).code.first, load(BPF_B, 32));
  EXPECT_EQ(access(load(BPF_W, 8), 4, 32767).code.first, load(BPF_W, 32767));
  EXPECT_EQ(access(load(BPF_W, 8), 4, 32768).status, status::refused) << "offset too big";
  EXPECT_EQ(access(load(BPF_W, 4), 4, 32).status, status::refused) << "not the local offset";
  EXPECT_EQ(access(load(BPF_H, 8), 8, 32).status, status::refused) << "not the local size";
  EXPECT_EQ(access(load(BPF_W, 8), 16, 32).status, status::refused) << "no such access";
  EXPECT_EQ(access(load(BPF_W, 8), 8, 32, true).status, status::poisoned) << "signed";
  EXPECT_EQ(access({BPF_STX | BPF_MEM | BPF_W, 1, 2, 8, 0}, 2, 16).code.first,
            (instruction{BPF_STX | BPF_MEM | BPF_H, 1, 2, 16, 0}));
}

TEST_F(core_patch, other_instructions) {
  EXPECT_EQ(access(test::move_immediate(8), 8, 40000).code.first, test::move_immediate(40000));
  EXPECT_EQ(access(test::move_immediate(8), 8, 32, true).status, status::resolved);
  EXPECT_EQ(access(test::move_immediate(7), 4, 32).status, status::refused);
  EXPECT_EQ(access({BPF_ALU64 | BPF_MOV | BPF_X, 1, 2, 0, 8}, 4, 32).status, status::refused);
  EXPECT_EQ(access({BPF_JMP | BPF_JA, 0, 0, 8, 8}, 4, 32).status, status::refused);
  EXPECT_EQ(access({BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 8}, 4, 32).status, status::refused);
  EXPECT_EQ(access({BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 8}, 4, 32).status, status::refused)
      << "half of a wide load";
}

// libbpf treats char and bool as unsigned, whatever their sign is (bpf_core_calc_field_relo()).
TEST(core_resolve, signed_characters_and_booleans_change_their_size) {
  constexpr std::uint32_t is_signed = 1U << 24;
  constexpr std::uint32_t is_char = 2U << 24;
  constexpr std::uint32_t is_bool = 4U << 24;
  for (const auto& [encoding, is_adjusted] :
       {std::pair(is_signed, false), std::pair(is_signed | is_char, true),
        std::pair(is_signed | is_bool, true)}) {
    object_builder object;
    const auto local = object.types.add("flag", type_kind::integer, 0, false, 4, {encoding | 32});
    object.relocate(kind::field_byte_offset, object.types.record("sample", 16, {{"x", local, 64}}),
                    "0:0", load(BPF_W, 8));
    btf_builder target;
    const auto small = target.add("flag", type_kind::integer, 0, false, 1, {encoding | 8});
    target.record("sample", 16, {{"x", small, 32}});
    const auto result = resolve(object, target)[0];
    EXPECT_EQ(result.status, is_adjusted ? status::resolved : status::poisoned) << encoding;
    if (is_adjusted) {
      EXPECT_EQ(result.code.first, load(BPF_B, 4)) << encoding;
    }
  }
}

TEST(core_resolve, pointers_of_32_bit_kernels) {
  object_builder object;
  const auto pointer = object.types.pointer(0);
  const auto sample = object.types.record("sample", 16, {{"p", pointer, 64}});
  object.relocate(kind::field_byte_offset, sample, "0:0", load(BPF_DW, 8));
  btf_builder target;
  target.integer("long unsigned int", 4);
  target.record("sample", 16, {{"p", target.pointer(0), 32}});
  EXPECT_EQ(resolve(object, target)[0].code.first, load(BPF_W, 4));
}

TEST(core_resolve, object_and_target_of_either_byte_order) {
  for (const auto object_order : {std::endian::little, std::endian::big}) {
    for (const auto target_order : {std::endian::little, std::endian::big}) {
      object_builder object(object_order);
      const auto number = object.types.integer("int", 4, true);
      const auto sample = object.types.record("sample", 260, {{"x", number, 2048}});
      object.relocate(kind::field_byte_offset, sample, "0:0", load(BPF_W, 256));
      btf_builder target(target_order);
      target.record("sample", 1024, {{"x", target.integer("int", 4, true), 4096}});
      EXPECT_EQ(resolve(object, target)[0].code.first, load(BPF_W, 512));
    }
  }
}

TEST(core_resolve, unsound_relocations_are_refused) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto anonymous = object.types.record("", 4, {{"x", number, 0}});
  const auto sample = object.types.record("sample", 4, {{"x", number, 0}});
  const auto state = object.types.enumeration("state", {{"ON", 1}});
  const auto open = object.types.forward("open");
  object.relocate(kind::field_exists, anonymous, "0:0", 1);
  for (const auto* access :
       {"", ":0", "0:", "0::0", "x", "0:1", "0:-1", "0:0:0", "0:99999999999", "0 :0", "0:0x0"})
    object.relocate(kind::field_exists, sample, access, 1);
  object.relocate(kind::field_exists, sample, std::string(200, '0') + ":0:" + std::string(200, '0'),
                  1);
  object.relocate(kind::type_exists, sample, "0:0", 1);
  object.relocate(kind::enumval_exists, sample, "0", 1);
  object.relocate(kind::enumval_exists, state, "1", 1);
  object.relocate(kind::enumval_exists, state, "-1", 1);
  object.relocate(kind::field_exists, 1000, "0:0", 1);
  object.relocate(static_cast<kind>(13), sample, "0:0", 1);
  object.relocate(kind::type_size, open, "0", 1);
  object.relocate(kind::field_signed, sample, "0", 1);
  std::string deep = "0";
  for (int i = 0; i < 64; ++i)
    deep += ":0";
  object.relocate(kind::field_exists, sample, deep, 1);
  btf_builder target;
  target.record("sample", 4, {{"x", target.integer("int", 4, true), 0}});
  target.forward("open");
  const auto results = resolve(object, target);
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].status, status::refused) << i;
    EXPECT_FALSE(results[i].problem.empty()) << i;
  }
}

TEST(core_resolve, relocations_outside_of_functions_are_passed_over) {
  object_builder object;
  const auto sample =
      object.types.record("sample", 4, {{"x", object.types.integer("int", 4, true), 0}});
  object.relocate(kind::field_exists, sample, "0:0", 1);
  object.relocate(kind::field_byte_offset, sample, "0:0", 17);
  object.function_end = 1;
  btf_builder target;
  const auto results = resolve(object, target);
  EXPECT_EQ(results[0].status, status::absent);
  EXPECT_EQ(results[1].status, status::unused);
}

}  // namespace
}  // namespace ebpfkit::host
