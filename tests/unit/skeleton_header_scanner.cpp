#include <string>

#include "skeleton/header_scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "skeleton/identifiers.hpp"

namespace ebpfkit::host {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(skeleton_header_scanner, finds_tags_with_a_body) {
  const auto found = scan_header(R"(
    struct event { int a; struct inner { int b; } c; };
    union __attribute__((aligned(8))) choice { int a; };
    enum kind : unsigned { A, B };
    enum class color { red };
    struct alignas(16) aligned { int a; };
    struct [[gnu::packed]] packed { int a; };
    struct only_declared;
    struct event *function(struct event *argument);
    static struct event variable = { .a = 1 };
    static inline struct event make(void) { struct local { int x; } l; return (struct event){ 0 }; }
  )");
  EXPECT_THAT(found.tags,
              UnorderedElementsAre("event", "choice", "kind", "color", "aligned", "packed"));
  EXPECT_THAT(found.typedefs, IsEmpty());
}

TEST(skeleton_header_scanner, finds_typedefs) {
  const auto found = scan_header(R"(
    typedef unsigned char u8;
    typedef struct { int a[3]; } anonymous, *pointer;
    typedef struct tagged { int a; } tagged_t;
    typedef int (*callback)(int first, void *second);
    typedef char comm_t[16];
    typedef unsigned long long u64 __attribute__((aligned(8)));
    using number = int;
    using namespace elsewhere;
  )");
  EXPECT_THAT(found.typedefs, UnorderedElementsAre("u8", "anonymous", "pointer", "tagged_t",
                                                   "callback", "comm_t", "u64", "number"));
  EXPECT_THAT(found.tags, UnorderedElementsAre("tagged"));
}

TEST(skeleton_header_scanner, skips_what_is_no_declaration) {
  const auto found = scan_header(
      "// struct a {};\n/* struct b {}; */\n#define C struct c { \\\n int x; }\n"
      "const char *text = \"struct d { }; \\\" struct e {\";\nchar quote = '\"';\n"
      "namespace other { struct f { int x; }; }\ntemplate <class T> struct g { T x; };\n"
      "extern \"C\" {\nstruct h { int x; };\n}\nstruct i { int x; };\n");
  EXPECT_THAT(found.tags, UnorderedElementsAre("h", "i"));
}

TEST(skeleton_header_scanner, survives_any_text) {
  for (const auto* text : {"",
                           "{",
                           "}}}",
                           "typedef",
                           "typedef struct",
                           "struct {",
                           "typedef int (",
                           "using",
                           "using x",
                           "\"",
                           "'",
                           "/*",
                           "#define \\",
                           "extern \"C\" {",
                           "typedef struct a { int",
                           "enum class",
                           "__attribute__",
                           "struct __attribute__((",
                           "typedef ,;",
                           ")]}([{",
                           "\\"})
    scan_header(text);
}

TEST(skeleton_identifiers, are_made_safe) {
  EXPECT_EQ(safe_identifier("packets"), "packets");
  EXPECT_EQ(safe_identifier("class"), "class_");
  EXPECT_EQ(safe_identifier("errno"), "errno_");
  EXPECT_EQ(safe_identifier("on_exec.____fmt"), "on_exec_____fmt");
  EXPECT_EQ(safe_identifier("9lives"), "_9lives");
  EXPECT_EQ(safe_identifier("a\"; int b"), "a___int_b");
  EXPECT_EQ(safe_identifier(""), "_");
}

// One more underscore for each name would need gigabytes.
TEST(skeleton_identifiers, many_of_one_name_stay_short) {
  name_scope scope;
  scope.reserve("m_3");
  for (const char* expected : {"m", "m_", "m__", "m_2", "m_4", "m_5"})
    EXPECT_EQ(scope.add("m"), expected);
  std::string last;
  for (int i = 0; i < 65'000; ++i)
    last = scope.add("m");
  EXPECT_EQ(last, "m_65005");
}

TEST(skeleton_identifiers, are_unique_in_a_scope) {
  name_scope scope;
  scope.reserve("open");
  EXPECT_EQ(scope.add("open"), "open_");
  EXPECT_EQ(scope.add("open"), "open__");
  EXPECT_EQ(scope.add("class"), "class_");
  EXPECT_EQ(scope.add("class_"), "class__");
}

}  // namespace
}  // namespace ebpfkit::host
