// Relocations can look at only a few types of a kernel's BTF. Extracting these must change nothing.
#include "relocation/wanted_types.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "input/btf_input.hpp"
#include "relocation/minimise.hpp"
#include "relocation/report.hpp"
#include "relocation_object_builder.hpp"
#include "relocation_program_maker.hpp"
#include "relocation_variant.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::test {
namespace {

using kind = relocation_kind;

std::shared_ptr<const type_graph> parse(std::vector<std::uint8_t> bytes) {
  return std::make_shared<const type_graph>(std::move(bytes));
}

std::span<const program_object> one(const program_object& object) {
  return {&object, 1};
}

// Compares outcomes and minimised BTF between the whole BTF and the extract. Returns the size of
// the extract.
std::size_t expect_same(const program_object& object, const std::vector<std::uint8_t>& btf,
                        const std::string& what) {
  const auto extract = wanted_types(one(object)).extract(btf);
  const core_target on_whole(parse(btf));
  const core_target on_extract(parse(extract));
  const auto whole = resolve(object, on_whole);
  const auto small = resolve(object, on_extract);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto& relocation = object.relocations()[i];
    EXPECT_EQ(whole[i].status, small[i].status)
        << what << relocation_text(object, relocation, &whole[i]);
    if (relocation.kind != kind::type_id_target) {
      EXPECT_TRUE(whole[i].code == small[i].code)
          << what << relocation_text(object, relocation, &whole[i]);
    }
  }
  EXPECT_EQ(minimise(one(object), on_whole), minimise(one(object), on_extract)) << what;
  return extract.size();
}

// A program, and a kernel with more types than the program needs, of either byte order.
struct sample {
  explicit sample(std::endian order) : object(order), kernel(order) {
    auto& local = object.types;
    const auto number = local.integer("int", 4, true);
    const auto inner = local.record("inner", 4, {{"deep", number, 0}});
    const auto name = local.array(number, 4);
    const auto record = local.record(
        "record___flavour", 64,
        {{"x", number, 0}, {"in", inner, 32}, {"names", name, 64}, {"none", number, 256}});
    const auto word = local.type_definition("word", local.pointer(number));
    object.relocate(kind::field_byte_offset, record, "0:0", 0);
    object.relocate(kind::field_byte_offset, record, "0:1:0", 4);
    object.relocate(kind::field_exists, record, "0:2:3", 1);
    object.relocate(kind::field_exists, record, "0:3", 1);
    object.relocate(kind::type_exists, word, "0", 1);
    object.relocate(kind::type_size, record, "0", 64);

    const auto target_number = kernel.integer("int", 4, true);
    const auto unused = kernel.record("unused", 4, {{"deep", target_number, 0}});
    const auto target_inner =
        kernel.record("inner", 8, {{"more", target_number, 0}, {"deep", target_number, 32}});
    const auto anonymous =
        kernel.record("", 16, {{"in", target_inner, 0}, {"y", target_number, 64}});
    kernel.record("record", 128,
                  {{"pointer", kernel.pointer(unused), 0},
                   {"", anonymous, 64},
                   {"unused", unused, 192},
                   {"x", target_number, 256},
                   {"names", kernel.array(target_number, 4), 288}});
    kernel.type_definition("word", kernel.pointer(target_number));
  }

  object_builder object;
  btf_builder kernel;
};

TEST(core_wanted_types, outcomes_stay) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    sample given(order);
    const auto object = given.object.object();
    const auto size = expect_same(object, given.kernel.bytes(), "sample");
    EXPECT_LT(size, given.kernel.bytes().size());
    const type_graph small(wanted_types(one(object)).extract(given.kernel.bytes()));
    EXPECT_TRUE(small.find("unused").empty());
    const auto record = *small.find("record", type_kind::structure);
    EXPECT_EQ(small.members(record).size(), 3U);
  }
}

TEST(core_wanted_types, damage_is_told_or_does_not_matter) {
  sample given(std::endian::native);
  const auto object = given.object.object();
  const wanted_types wanted(one(object));
  EXPECT_FALSE(wanted.needs_all());
  const auto sound = given.kernel.bytes();
  std::size_t refused = 0;
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (const int change : {0x01, 0x10, 0x80, 0xff}) {
      // In this copy, readable memory ends where the BTF ends.
      const auto exact = std::make_unique<std::uint8_t[]>(sound.size());
      std::ranges::copy(sound, exact.get());
      exact[at] ^= static_cast<std::uint8_t>(change);
      try {
        resolve(object, core_target(parse(wanted.extract({exact.get(), sound.size()}))));
      } catch (const failure&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, sound.size());
  for (std::size_t size = 0; size < sound.size(); ++size)
    EXPECT_THROW(wanted.extract(std::span(sound).first(size)), failure) << size;
}

TEST(core_wanted_types, names_that_are_too_long_are_refused) {
  sample given(std::endian::native);
  const auto object = given.object.object();
  given.kernel.record("record" + std::string(longest_btf_identifier, '_'), 0, {});
  try {
    wanted_types(one(object)).extract(given.kernel.bytes());
    FAIL();
  } catch (const failure& error) {
    EXPECT_NE(std::string(error.what()).find("longer than 511 characters"), std::string::npos);
  }
}

// The extractor looks at two letters first.
TEST(core_wanted_types, a_name_of_one_letter_may_have_a_flavour) {
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  object.relocate(kind::field_byte_offset, object.types.record("a", 4, {{"x", number, 0}}), "0:0",
                  0);
  btf_builder kernel;
  const auto target_number = kernel.integer("int", 4, true);
  kernel.record("a___old", 8, {{"x", target_number, 32}});
  const auto parsed = object.object();
  expect_same(parsed, kernel.bytes(), "flavour");
  EXPECT_EQ(
      resolve(parsed, core_target(parse(wanted_types(one(parsed)).extract(kernel.bytes()))))[0]
          .status,
      relocation_status::resolved);
}

// The record wants the pointer alone. The prototype wants what the pointer points to.
TEST(core_wanted_types, a_type_is_followed_again_when_more_of_it_is_wanted) {
  object_builder object;
  auto& local = object.types;
  const auto inner = local.pointer(local.record("inner", 4, {}));
  const auto call = local.prototype(0, {{"of", inner}});
  const auto callback = local.type_definition("callback", local.pointer(call));
  const auto record = local.record("record", 8, {{"x", inner, 0}});
  object.relocate(kind::type_exists, callback, "0", 1);
  object.relocate(kind::field_exists, record, "0:0", 1);
  const auto parsed = object.object();

  btf_builder kernel;
  const auto target_inner = kernel.pointer(kernel.record("inner", 4, {}));
  const auto target_call = kernel.prototype(0, {{"of", target_inner}});
  kernel.type_definition("callback", kernel.pointer(target_call));
  kernel.record("record", 8, {{"x", target_inner, 0}});
  expect_same(parsed, kernel.bytes(), "again");
}

TEST(core_wanted_types, the_result_of_a_prototype_is_wanted) {
  object_builder object;
  auto& local = object.types;
  const auto callback = local.type_definition(
      "callback", local.pointer(local.prototype(local.pointer(local.record("inner", 4, {})), {})));
  object.relocate(kind::type_exists, callback, "0", 1);
  const auto parsed = object.object();
  // On the second kernel the function returns a union.
  for (const auto kind_of_result : {type_kind::structure, type_kind::union_type}) {
    btf_builder kernel;
    const auto result = kernel.pointer(kernel.record("inner", 4, {}, kind_of_result));
    kernel.type_definition("callback", kernel.pointer(kernel.prototype(result, {})));
    expect_same(parsed, kernel.bytes(), "result");
    const auto extract = wanted_types(one(parsed)).extract(kernel.bytes());
    EXPECT_EQ(resolve(parsed, core_target(parse(extract)))[0].status,
              kind_of_result == type_kind::structure ? relocation_status::resolved
                                                     : relocation_status::absent);
  }
}

TEST(core_wanted_types, type_matches_needs_all) {
  object_builder object;
  const auto record = object.types.record("record", 4, {{"x", object.types.integer("int", 4), 0}});
  object.relocate(kind::type_matches, record, "0", 1);
  const auto parsed = object.object();
  EXPECT_TRUE(wanted_types(one(parsed)).needs_all());
}

TEST(core_wanted_types, variants_of_the_running_kernel) {
  constexpr const char* running = "/sys/kernel/btf/vmlinux";
  if (::access(running, R_OK) != 0)
    GTEST_SKIP() << "needs a kernel with BTF";
  if (std::system("clang --version >/dev/null 2>&1 && bpftool version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "needs clang and bpftool";
  const work_directory work;
  const auto kernel = open_btf(running);
  work.write("vmlinux.h",
             run_process({"bpftool", "btf", "dump", "file", running, "format", "c"}).output);
  for (unsigned seed = 0; seed < 4; ++seed) {
    const auto source = work.write(fmt::format("{}.bpf.c", seed), make_program(*kernel, seed));
    const auto path = work.path() / fmt::format("{}.o", seed);
    const auto made = run_process({"clang", "-O2", "-g", "--target=bpf", "-mcpu=v3", "-w", "-c",
                                   source.string(), "-o", path.string()});
    ASSERT_EQ(made.exit_status, 0) << made.errors;
    const program_object object(path);
    EXPECT_GT(object.relocations().size(), 10U);
    for (unsigned variant = 0; variant < 3; ++variant) {
      const auto bytes =
          variant == 0 ? read_raw_btf(running).bytes : make_variant(*kernel, seed * 2 + variant);
      const auto size = expect_same(object, bytes, fmt::format("{} on variant {}", seed, variant));
      EXPECT_LT(size, bytes.size() / 10);
    }
  }
}

TEST(core_variant, steps_change_layouts_only) {
  constexpr const char* running = "/sys/kernel/btf/vmlinux";
  if (::access(running, R_OK) != 0)
    GTEST_SKIP() << "needs a kernel with BTF";
  const auto kernel = open_btf(running);
  const std::array steps{layout_step{1, 100}, layout_step{2, 3}};
  const type_graph variant(make_layout_variant(*kernel, steps));
  ASSERT_EQ(variant.type_count(), kernel->type_count());
  std::size_t changed = 0;
  for (type_id type = 1; type < kernel->type_count(); ++type) {
    if (!kernel->is_record(type))
      continue;
    ASSERT_EQ(variant.members(type).size(), kernel->members(type).size());
    changed += variant.size_of(type) != kernel->size_of(type) ? 1 : 0;
  }
  EXPECT_GT(changed, 100U);
}

}  // namespace
}  // namespace ebpfkit::host::test
