// Details of relocations that no other test shows: each was wrong once without a failing test
// (tests/mutations).
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "embed/task_offsets.hpp"
#include "relocation/compatibility.hpp"
#include "relocation/minimise.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"
#include "relocation_object_builder.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host::test {
namespace {

using kind = relocation_kind;
using status = relocation_status;

core_target target_of(std::vector<std::uint8_t> bytes) {
  return core_target(std::make_shared<const type_graph>(std::move(bytes)));
}

std::vector<std::uint8_t> extract_of(const program_object& object, const btf_builder& kernel) {
  return wanted_types({&object, 1}).extract(kernel.bytes());
}

// An object with one relocation about `sample::x`, and nothing else.
object_builder object_about_x() {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  object.relocate(kind::field_byte_offset, object.types.record("sample", 4, {{"x", number, 0}}),
                  "0:0", 0);
  return object;
}

TEST(core_details, both_sides_must_be_unsigned_to_change_the_size_of_a_load) {
  for (const bool is_signed : {false, true}) {
    object_builder object;
    const auto local = object.types.integer("number", 4);
    object.relocate(kind::field_byte_offset, object.types.record("sample", 8, {{"x", local, 0}}),
                    "0:0", load(BPF_W, 0));
    btf_builder target;
    target.record("sample", 8, {{"x", target.integer("number", 8, is_signed), 0}});
    EXPECT_EQ(resolve(object.object(), target_of(target.bytes()))[0].status,
              is_signed ? status::poisoned : status::resolved);
  }
}

TEST(core_details, enums_may_be_signed) {
  for (const bool is_signed : {false, true}) {
    object_builder object;
    const auto local = object.types.enumeration("colour", {{"RED", 0}});
    object.relocate(kind::field_signed, object.types.record("sample", 4, {{"x", local, 0}}), "0:0",
                    0);
    btf_builder target;
    target.record("sample", 4, {{"x", target.enumeration("colour", {{"RED", 0}}, is_signed), 0}});
    const auto result = resolve(object.object(), target_of(target.bytes()))[0];
    EXPECT_EQ(result.status, status::resolved) << result.problem;
    EXPECT_EQ(result.value.target, is_signed ? 1U : 0U);
  }
}

TEST(core_details, work_ends) {
  work_limit limit;
  limit.spend(1000);
  EXPECT_THROW(limit.spend(std::uint64_t{1} << 28), failure);
  limit.spend((std::uint64_t{1} << 28) - 1000);
  EXPECT_THROW(limit.spend(1), failure);
}

TEST(core_details, members_of_anonymous_records_are_wanted) {
  auto given = object_about_x();
  const auto object = given.object();
  btf_builder kernel;
  const auto number = kernel.integer("int", 4, true);
  const auto anonymous = kernel.record("", 8, {{"y", number, 0}, {"x", number, 32}});
  kernel.record("sample", 16, {{"first", number, 0}, {"", anonymous, 32}, {"last", number, 96}});
  const auto result = resolve(object, target_of(extract_of(object, kernel)))[0];
  EXPECT_EQ(result.status, status::resolved) << result.problem;
  EXPECT_EQ(result.value.target, 8U);
}

TEST(core_details, types_that_show_the_kernels_layout_are_wanted) {
  auto given = object_about_x();
  const auto object = given.object();
  btf_builder kernel;
  const auto number = kernel.integer("long", 8, true);
  kernel.record("task_struct", 40,
                {{"state", number, 0},
                 {"pid", number, 64},
                 {"tgid", number, 128},
                 {"comm", number, 192},
                 {"last", number, 256}});
  std::vector<btf_builder::member> registers;
  for (const auto* name :
       {"r15", "r14", "r13", "r12", "bp",      "bx", "r11", "r10",   "r9", "r8", "ax",
        "cx",  "dx",  "si",  "di",  "orig_ax", "ip", "cs",  "flags", "sp", "ss"})
    registers.push_back({name, number, static_cast<std::uint32_t>(registers.size()) * 64});
  kernel.record("pt_regs", static_cast<std::uint32_t>(registers.size()) * 8, registers);
  const type_graph extract(extract_of(object, kernel));
  EXPECT_EQ(find_task_offsets(extract), "pid:8 tgid:16 comm:24");
  EXPECT_EQ(architecture_of_types(extract), "x86");
}

TEST(core_details, only_whole_btf_is_extracted) {
  auto given = object_about_x();
  const auto object = given.object();
  const wanted_types wanted({&object, 1});
  btf_builder whole;
  whole.integer("int", 4, true);
  EXPECT_TRUE(wanted.can_extract(whole.bytes()));
  btf_builder split(std::endian::native, 2, whole.text_size());
  split.pointer(1);
  split.record("of_a_module", 0, {});
  EXPECT_FALSE(wanted.can_extract(split.bytes()));

  auto compares = object_about_x();
  compares.relocate(kind::type_matches, 2, "0", 1);
  const auto comparing = compares.object();
  EXPECT_FALSE(wanted_types({&comparing, 1}).can_extract(whole.bytes()));
}

// The strict comparison counts members. Two local ones may be the same member of the kernel.
TEST(core_details, the_number_of_members_is_kept) {
  object_builder given;
  const auto local = given.types.integer("int", 4, true);
  given.relocate(kind::type_matches,
                 given.types.record("sample", 8, {{"x", local, 0}, {"x___new", local, 32}}), "0",
                 1);
  const auto object = given.object();
  btf_builder kernel;
  const auto number = kernel.integer("int", 4, true);
  kernel.record("sample", 12, {{"x", number, 0}, {"y", number, 32}, {"z", number, 64}});
  const auto whole = target_of(kernel.bytes());
  EXPECT_EQ(resolve(object, whole)[0].status, status::resolved);
  EXPECT_EQ(resolve(object, target_of(minimise({&object, 1}, whole)))[0].status, status::resolved);
}

// libbpf adjusts the size of a load of a signed `char`, but not of other signed integers.
TEST(core_details, what_an_integer_is_for_is_kept) {
  constexpr std::uint32_t is_signed = 1U << 24;
  constexpr std::uint32_t is_char = 2U << 24;
  constexpr std::uint32_t is_bool = 4U << 24;
  for (const auto encoding : {0U, is_signed, is_signed | is_char, is_bool}) {
    auto given = object_about_x();
    const auto object = given.object();
    btf_builder kernel;
    const auto number = kernel.add("int", type_kind::integer, 0, false, 4, {encoding | 32});
    kernel.record("sample", 4, {{"x", number, 0}});
    const type_graph small(minimise({&object, 1}, target_of(kernel.bytes())));
    const auto kept = small.integer(*small.find("int", type_kind::integer));
    EXPECT_EQ(kept.is_signed, (encoding & is_signed) != 0) << encoding;
    EXPECT_EQ(kept.is_char, (encoding & is_char) != 0) << encoding;
    EXPECT_EQ(kept.is_bool, (encoding & is_bool) != 0) << encoding;
  }
}

TEST(core_details, constants_of_64_bits_are_kept_whole) {
  constexpr std::uint64_t value = 0xfedcba9876543210;
  object_builder given;
  given.relocate(kind::enumval_value, given.types.enumeration64("wide", {{"HUGE", 1}}), "0",
                 {BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 1}, instruction{});
  const auto object = given.object();
  btf_builder kernel;
  kernel.enumeration64("wide", {{"HUGE", value}});
  const auto whole = target_of(kernel.bytes());
  EXPECT_EQ(resolve(object, whole)[0].value.target, value);
  const auto small = target_of(minimise({&object, 1}, whole));
  EXPECT_EQ(resolve(object, small)[0].value.target, value);
}

TEST(core_details, the_pointer_size_of_32_bit_kernels_is_kept) {
  auto given = object_about_x();
  const auto object = given.object();
  btf_builder kernel;
  kernel.integer("long", 4, true);
  kernel.record("sample", 4, {{"x", kernel.integer("int", 4, true), 0}});
  const type_graph small(minimise({&object, 1}, target_of(kernel.bytes())));
  EXPECT_EQ(small.pointer_size(), 4U);
}

}  // namespace
}  // namespace ebpfkit::host::test
