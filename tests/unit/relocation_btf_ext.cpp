#include "relocation/btf_ext.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "relocation/minimise.hpp"
#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "relocation_object_builder.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using test::object_builder;
using kind = relocation_kind;
using testing::HasSubstr;

// One relocation of each kind.
object_builder small_object(std::endian order) {
  object_builder object(order);
  const auto number = object.types.integer("int", 4, true);
  const auto numbers = object.types.array(number, 4);
  const auto state = object.types.enumeration("state", {{"ON", 1}});
  const auto inner = object.types.record("", 16, {{"numbers", numbers, 0}});
  const auto sample = object.types.record("sample", 24, {{"", inner, 0}, {"bits", number, 128, 5}});
  object.relocate(kind::field_byte_offset, sample, "0:0:0:2", 8);
  for (const auto each : {kind::field_byte_size, kind::field_exists, kind::field_signed,
                          kind::field_lshift_u64, kind::field_rshift_u64})
    object.relocate(each, sample, "0:1", 1);
  for (const auto each : {kind::type_id_local, kind::type_id_target, kind::type_exists,
                          kind::type_size, kind::type_matches})
    object.relocate(each, sample, "0", 1);
  object.relocate(kind::enumval_exists, state, "0", 1);
  object.relocate(kind::enumval_value, state, "0", {BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 1},
                  instruction{});
  return object;
}

btf_builder small_target() {
  btf_builder target;
  const auto number = target.integer("int", 4, true);
  const auto inner = target.record("", 16, {{"numbers", target.array(number, 4), 0}});
  target.record("sample", 32, {{"bits", number, 3, 5}, {"", inner, 64}});
  target.enumeration("state", {{"ON", 1}});
  return target;
}

TEST(core_btf_ext, relocations_are_not_too_many) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto sample = object.types.record("sample", 4, {{"x", number, 0}});
  for (int i = 0; i < 200000; ++i)
    object.relocate(kind::field_exists, sample, "0:0", 1);
  EXPECT_EQ(parse_btf_ext(object.ext()).relocations[0].records.size(), 200000U);
  object.relocate(kind::field_exists, sample, "0:0", 1);
  try {
    parse_btf_ext(object.ext());
    FAIL();
  } catch (const failure& error) {
    EXPECT_THAT(error.what(), HasSubstr("more than 200000 relocation records"));
  }
}

TEST(core_btf_ext, records_of_either_byte_order_and_of_longer_form) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    for (const std::uint32_t extra : {0U, 4U, 20U}) {
      auto object = small_object(order);
      object.extra_record_bytes = extra;
      const auto bytes = object.ext();
      const auto ext = parse_btf_ext(bytes);
      ASSERT_EQ(ext.relocations.size(), 1U);
      ASSERT_EQ(ext.relocations[0].records.size(), 13U);
      EXPECT_EQ(ext.relocations[0].records[1].kind, kind::field_byte_size);
      EXPECT_EQ(ext.relocations[0].records[12].instruction_offset, 12U * 8);
      ASSERT_EQ(ext.lines.size(), 1U);
      EXPECT_EQ(ext.lines[0].records[3].line, 13U);
      EXPECT_EQ(ext.lines[0].records[3].column, 5U);
      EXPECT_TRUE(ext.functions.empty());

      const auto parsed = object.object();
      EXPECT_EQ(parsed.relocations()[12].code.second, instruction{});
      EXPECT_EQ(parsed.relocations()[0].code.first, test::move_immediate(8));
      EXPECT_EQ(parsed.relocations()[0].position.file, "test.bpf.c");
    }
  }
}

TEST(core_btf_ext, sections_of_before_relocations) {
  auto object = small_object(std::endian::native);
  auto bytes = object.ext();
  bytes.erase(bytes.begin() + 24, bytes.begin() + 32);
  bytes[4] = 24;
  const auto ext = parse_btf_ext(bytes);
  EXPECT_EQ(ext.lines.size(), 1U);
  EXPECT_TRUE(ext.relocations.empty());
}

// Resolves and prints each relocation of an object that may be damaged, and minimises its BTF.
void use(const program_object& object, const core_target& target) {
  const auto results = resolve(object, target);
  for (std::size_t i = 0; i < results.size(); ++i)
    relocation_text(object, object.relocations()[i], &results[i]);
  minimise({&object, 1}, target);
}

// The outcome is a result or a `failure`. Sanitizers find everything else.
TEST(core_btf_ext, damaged_input) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    auto builder = small_object(order);
    const auto ext = builder.ext();
    const auto file = builder.bytes();
    const core_target target(std::make_shared<const type_graph>(small_target().bytes()));
    use(program_object("test.o", file), target);

    const auto try_ext = [](const std::vector<std::uint8_t>& bytes) {
      try {
        parse_btf_ext(bytes);
      } catch (const failure&) {
      }
    };
    const auto try_object = [&](const std::vector<std::uint8_t>& bytes) {
      try {
        use(program_object("test.o", bytes), target);
      } catch (const failure&) {
      }
    };
    for (std::size_t size = 0; size < ext.size(); ++size)
      try_ext({ext.begin(), ext.begin() + static_cast<std::ptrdiff_t>(size)});
    for (std::size_t size = 0; size < file.size(); ++size)
      try_object({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)});
    for (const auto flip : {0x01, 0x80, 0xff, 0x04}) {
      for (std::size_t i = 0; i < ext.size(); ++i) {
        auto bytes = ext;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ flip);
        try_ext(bytes);
      }
      for (std::size_t i = 0; i < file.size(); ++i) {
        auto bytes = file;
        bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ flip);
        try_object(bytes);
      }
    }
  }
}

TEST(core_btf_ext, what_is_not_an_object_is_refused) {
  const auto message = [](const std::vector<std::uint8_t>& bytes) -> std::string {
    try {
      program_object("some.o", bytes);
    } catch (const failure& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(message({}), HasSubstr("'some.o': not an ELF object"));
  EXPECT_THAT(message({'h', 'e', 'l', 'l', 'o'}), HasSubstr("not an ELF object"));
  auto file = small_object(std::endian::little).bytes();
  file[18] = 62;
  EXPECT_THAT(message(file), HasSubstr("not a BPF object"));
}

}  // namespace
}  // namespace ebpfkit::host
