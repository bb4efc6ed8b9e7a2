// The layout of generated types. The tests compare it with what clang says of the originals, and
// bit by bit with the originals themselves.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf_builder.hpp"
#include "object/bpf_object_file.hpp"
#include "skeleton/layout_writer.hpp"
#include "skeleton/skeleton.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using test::compile_bpf;
using test::complaint_of;
using test::work_directory;
using testing::HasSubstr;
using testing::Not;

// Layouts that are easy to get wrong. `long` and pointers have 8 bytes in BPF.
constexpr const char* records = R"(
struct empty {};
typedef struct { char a; long b; } anonymous_t;
typedef enum { FIRST, SECOND = 7 } anonymous_enum;
typedef char name_t[16];
enum mode { MODE_OFF, MODE_ON = 5, MODE_LAST = 0x7fffffff };
struct plain { char a; short b; int c; long d; char e; };
struct bits {
  unsigned a : 3; unsigned b : 5; unsigned long c : 40; int d : 7; int : 9; unsigned char e : 2;
  unsigned short f : 11; _Bool g : 1; enum mode h : 4; char after; unsigned i : 30; unsigned j : 30;
  unsigned long k : 63; unsigned l : 1; int : 0; unsigned m : 1;
};
struct __attribute__((packed)) tight { char a; long b; unsigned c : 13; unsigned d : 22; short e; };
struct partly { int a; long b __attribute__((packed)); int c; };
struct aligned { char a; int b __attribute__((aligned(16))); } __attribute__((aligned(64)));
struct nested {
  int a;
  union { int b; struct { short c; char d; }; struct { char x; long y; } named; struct tight odd; };
  struct { unsigned e : 4; union { char f; long g; }; } inner[2];
  struct empty nothing;
  anonymous_t an; anonymous_t many[2][3];
  enum { LOCAL_A, LOCAL_B } local;
};
struct odd_types {
  _Bool flag; float f; double d; __int128 wide; unsigned __int128 wide_array[2];
  void *pointer; int (*function)(int); struct nested *other; const volatile long q; name_t name;
  signed char sc; unsigned char uc; anonymous_enum ae; enum mode mode; struct plain plain;
};
struct words { int class; int new; int errno; int class_; int padding_0; char gap; long virtual; };
union choice { char a[5]; short b; };
struct flexible { int count; struct plain tail[]; };
struct padded_flexible { unsigned long time; int count; char tail[]; };
struct zero { int a; char none[0]; int b; };
union shared_bits { unsigned a : 5; unsigned long b : 50; struct { char c[9]; }; };
)";

constexpr const char* globals = R"(
struct plain plain; struct bits bits; struct tight tight; struct partly partly; struct aligned aligned;
struct nested nested; struct odd_types odd_types; struct words words; union choice choice;
struct flexible flexible; struct padded_flexible padded_flexible; struct zero zero; union shared_bits shared_bits;
)";

class skeleton_layout : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_command("clang"))
      GTEST_SKIP() << "no clang";
  }

  std::string written(const bpf_object_file& object, layout_language language) {
    name_scope scope;
    layout_style style;
    style.language = language;
    style.prefix = language == layout_language::c ? "made_" : "";
    style.indentation_step = "  ";
    style.static_assertion = language == layout_language::c ? "_Static_assert" : "static_assert";
    layout_writer writer(object.types(), style, scope);
    for (const auto& section : object.data_sections()) {
      for (const auto& variable : section.variables)
        writer.define(variable.type);
    }
    return writer.definitions() + writer.assertions();
  }

  work_directory work_;
};

TEST_F(skeleton_layout, cxx_types_compile_and_agree_with_the_object) {
  const bpf_object_file object(compile_bpf(work_, "records", std::string(records) + globals));
  const auto source = work_.write("cxx.cpp",
                                  "#include <array>\n#include <cstddef>\n#include <cstdint>\n"
                                  "class holder {\n public:\n" +
                                      written(object, layout_language::cxx) + "};\n");
  for (const auto& compiler : test::compilers()) {
    for (const auto* standard : {"-std=c++17", "-std=c++20"}) {
      auto command = test::strict_warnings();
      command.insert(command.begin(), {compiler, standard, "-fsyntax-only", source.string()});
      EXPECT_EQ(complaint_of(command), "");
    }
  }
}

// The assertions hold for CPUs with other alignments and sizes. i386 and m68k align 64-bit integers
// to 4 and 2 bytes, and `long` and pointers have 4 bytes there.
TEST_F(skeleton_layout, c_types_agree_with_the_object_on_other_cpus) {
  const bpf_object_file object(compile_bpf(work_, "records", std::string(records) + globals));
  const auto source =
      work_.write("c.c", "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n" +
                             written(object, layout_language::c));
  for (const auto* target : {"x86_64-linux-gnu", "i386-linux-gnu", "armv7-linux-gnueabihf",
                             "mipsel-linux-gnu", "powerpc-linux-gnu", "riscv64-linux-gnu"})
    EXPECT_EQ(complaint_of({"clang", std::string("--target=") + target, "-ffreestanding",
                            "-nostdlibinc", "-std=gnu99", "-fsyntax-only", source.string()}),
              "")
        << target;
}

TEST_F(skeleton_layout, big_endian_objects_give_the_same_types) {
  const auto source = std::string(records) + globals;
  const bpf_object_file little(compile_bpf(work_, "little", source));
  const bpf_object_file big(compile_bpf(work_, "big", source, "bpfeb"));
  EXPECT_EQ(written(little, layout_language::cxx), written(big, layout_language::cxx));
}

// Sets every member of the original to all ones and looks where the generated type sees the ones.
TEST_F(skeleton_layout, every_bit_is_where_the_original_has_it) {
  if (sizeof(long) != 8 || sizeof(void*) != 8)
    GTEST_SKIP() << "the originals have BPF's layout on 64-bit machines only";
  const bpf_object_file object(compile_bpf(work_, "records", std::string(records) + globals));
  std::string text =
      "#include <array>\n#include <cstddef>\n#include <cstdint>\n#include <cstring>\n";
  text += "namespace made {\n" + written(object, layout_language::cxx) + "}\n";
  // The original is C++ here, so its members cannot have C++ keywords as names.
  std::string original = records;
  const auto words = original.find("struct words");
  original.erase(words, original.find('\n', words) - words);
  // In C++ an empty struct has one byte.
  const std::string_view empty_member = "struct empty nothing;";
  original.erase(original.find(empty_member), empty_member.size());
  for (auto at = original.find("_Bool"); at != std::string::npos; at = original.find("_Bool"))
    original.replace(at, 5, "bool");
  text += "namespace original {\n" + original + "}\n";
  text += R"(
#define CHECK(record, member)                                    \
  do {                                                           \
    original::record first; made::record second;                 \
    std::memset(&first, 0, sizeof(first));                       \
    std::memset(&second, 0, sizeof(second));                     \
    first.member = static_cast<decltype(first.member)>(-1);      \
    second.member = static_cast<decltype(second.member)>(-1);    \
    if (sizeof(first) != sizeof(second) || std::memcmp(&first, &second, sizeof(first)) != 0) \
      return __LINE__;                                           \
  } while (false)
#line 1
)";
  text += "int main() {\n";
  for (const auto* member : {"a", "b", "c", "d", "e", "f", "g", "after", "i", "j", "k", "l", "m"})
    text += std::string("CHECK(bits, ") + member + ");\n";
  for (const auto* member : {"a", "b", "c", "d", "e"})
    text += std::string("CHECK(tight, ") + member + ");\n";
  for (const auto* member : {"b", "d", "named.y", "odd.d", "inner[1].e", "inner[1].g", "an.b"})
    text += std::string("CHECK(nested, ") + member + ");\n";
  for (const auto* member : {"a", "b"})
    text += std::string("CHECK(shared_bits, ") + member + ");\n";
  text += "}\n";
  const auto source = work_.write("bits.cpp", text);
  for (const auto& compiler : test::compilers()) {
    const auto program = (work_.path() / compiler).string();
    ASSERT_EQ(complaint_of({compiler, "-std=gnu++17", "-w", source.string(), "-o", program}), "");
    EXPECT_EQ(run_process({program}).exit_status, 0) << "line of the generated main()";
  }
}

std::string cxx_text(const type_graph& types, type_id type, declared_types shared = {}) {
  name_scope scope;
  layout_style style;
  style.indentation_step = "  ";
  style.shared = std::move(shared);
  layout_writer writer(types, style, scope);
  writer.define(type);
  return writer.definitions();
}

TEST(skeleton_layout_text, enumerations_of_64_bits) {
  btf_builder btf;
  const auto big = btf.enumeration64("big", {{"BIG_A", 0x1ffffffffULL}, {"BIG_B", ~0ULL}});
  const auto low = btf.enumeration64("low", {{"LOW", 1ULL << 63}, {"MINUS", ~0ULL}}, true);
  const type_graph types(btf.bytes());
  EXPECT_EQ(cxx_text(types, big),
            "enum big : std::uint64_t {\n  BIG_A = 8589934591ULL,\n"
            "  BIG_B = 18446744073709551615ULL,\n};\n");
  EXPECT_EQ(cxx_text(types, low),
            "enum low : std::int64_t {\n  LOW = -9223372036854775807LL - 1,\n"
            "  MINUS = -1LL,\n};\n");
}

TEST(skeleton_layout_text, two_types_of_one_name_and_reserved_words) {
  btf_builder btf;
  const auto number = btf.integer("int", 4, true);
  const auto first = btf.record("class", 4, {{"delete", number, 0}});
  const auto second = btf.record("class", 4, {{"b", number, 0}});
  const auto both = btf.record("both", 8, {{"x", first, 0}, {"y", second, 32}});
  const type_graph types(btf.bytes());
  EXPECT_EQ(cxx_text(types, both),
            "struct class_ {\n  std::int32_t delete_;\n};\n"
            "struct class__ {\n  std::int32_t b;\n};\n"
            "struct both {\n  struct class_ x;\n  struct class__ y;\n};\n");
}

TEST(skeleton_layout_text, types_of_the_application_are_used) {
  btf_builder btf;
  const auto number = btf.integer("int", 4, true);
  const auto event = btf.record("event", 4, {{"a", number, 0}});
  const auto name = btf.type_definition("name_t", btf.array(number, 4));
  const auto holder = btf.record("holder", 20, {{"e", event, 0}, {"n", name, 32}});
  const type_graph types(btf.bytes());
  declared_types shared;
  shared.tags.insert("event");
  shared.typedefs.insert("name_t");
  EXPECT_EQ(cxx_text(types, holder, shared),
            "using event = struct ::event;\nusing name_t = ::name_t;\n"
            "struct holder {\n  struct ::event e;\n  ::name_t n;\n};\n");
}

TEST(skeleton_layout_text, impossible_records_are_refused) {
  btf_builder btf;
  const auto number = btf.integer("int", 4, true);
  const auto overlap = btf.record("overlap", 8, {{"a", number, 0}, {"b", number, 16}});
  const auto outside = btf.record("outside", 4, {{"a", number, 16}});
  try {
    const type_graph types(btf.bytes());
    EXPECT_THROW(cxx_text(types, overlap), failure);
    EXPECT_THROW(cxx_text(types, outside), failure);
  } catch (const failure&) {
    // The reader of BTF may refuse these types first.
  }
}

TEST(skeleton_layout_text, deep_nesting_is_written) {
  btf_builder btf;
  auto type = btf.integer("int", 4, true);
  std::vector<std::string> names;
  for (int depth = 0; depth < 500; ++depth)
    names.push_back("level_" + std::to_string(depth));
  for (const auto& name : names)
    type = btf.record(name, 4, {{"inner", type, 0}});
  const type_graph types(btf.bytes());
  EXPECT_THAT(cxx_text(types, type),
              HasSubstr("struct level_499 {\n  struct level_498 inner;\n};"));
}

}  // namespace
}  // namespace ebpfkit::host
