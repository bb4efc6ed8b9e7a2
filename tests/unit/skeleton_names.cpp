// Names of programs, maps, variables, sections and types that C, C++, libc or the skeletons
// themselves use for something else. Every skeleton compiles, whatever was included before it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skeleton/skeleton.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::complaint_of;
using test::source_directory;
using test::work_directory;

// Words of C++ and of C23 that C17 leaves to programs.
const std::vector<std::string_view> foreign_words{
    "alignas",   "alignof",       "and",         "and_eq",    "bitand",   "bitor",
    "bool",      "catch",         "char16_t",    "char32_t",  "char8_t",  "class",
    "co_await",  "co_return",     "co_yield",    "compl",     "concept",  "const_cast",
    "consteval", "constexpr",     "constinit",   "decltype",  "delete",   "dynamic_cast",
    "explicit",  "export",        "false",       "friend",    "mutable",  "namespace",
    "new",       "noexcept",      "not",         "not_eq",    "nullptr",  "operator",
    "or",        "or_eq",         "private",     "protected", "public",   "reinterpret_cast",
    "requires",  "static_assert", "static_cast", "template",  "this",     "thread_local",
    "throw",     "true",          "try",         "typeid",    "typename", "typeof_unqual",
    "using",     "virtual",       "wchar_t",     "xor",       "xor_eq",   "final",
    "override",  "import",        "module"};

// Macros of compilers and of libc.
const std::vector<std::string_view> macros{"EOF",      "NULL",
                                           "assert",   "errno",
                                           "i386",     "linux",
                                           "major",    "minor",
                                           "mips",     "offsetof",
                                           "s6_addr",  "sa_handler",
                                           "si_pid",   "st_atime",
                                           "st_mtime", "stderr",
                                           "stdin",    "stdout",
                                           "unix",     "BUFSIZ",
                                           "PATH_MAX", "SIGINT",
                                           "INT_MAX",  "h_addr",
                                           "isalpha_", "sigev_notify_function"};

// Names in the generated code itself.
const std::vector<std::string_view> own_names{"open",          "open_and_load",
                                              "open_opts",     "load",
                                              "attach",        "detach",
                                              "destroy",       "create_skeleton",
                                              "elf_bytes",     "get",
                                              "maps",          "maps_type",
                                              "programs",      "programs_type",
                                              "description",   "object_",
                                              "skeleton",      "obj",
                                              "progs",         "links",
                                              "bss",           "data",
                                              "rodata",        "kconfig",
                                              "bss_section",   "std",
                                              "ebpfkit",       "ebpf",
                                              "array",         "size_t",
                                              "int8_t",        "uint32_t",
                                              "uint64_t",      "packed",
                                              "aligned",       "object",
                                              "program",       "map",
                                              "result",        "link",
                                              "value",         "error",
                                              "bpf_object",    "bpf_map",
                                              "bpf_program",   "bpf_link",
                                              "try_open",      "try_load",
                                              "try_attach",    "opened",
                                              "options",       "loaded",
                                              "move",          "s",
                                              "err",           "opts",
                                              "map_names",     "section_list",
                                              "program_names", "padding_0"};

std::vector<std::string_view> all_of(
    std::initializer_list<const std::vector<std::string_view>*> lists) {
  std::vector<std::string_view> names;
  for (const auto* list : lists)
    names.insert(names.end(), list->begin(), list->end());
  return names;
}

// Everything that an application may have included.
constexpr std::string_view system_headers =
    "#include <assert.h>\n#include <errno.h>\n#include <limits.h>\n#include <netdb.h>\n"
    "#include <netinet/in.h>\n#include <signal.h>\n#include <stddef.h>\n#include <stdio.h>\n"
    "#include <sys/stat.h>\n#include <sys/sysmacros.h>\n#include <sys/types.h>\n";

// As <bpf/bpf_helpers.h> defines them. No header's own names stand in the way of the test's.
constexpr std::string_view source_begin =
    "#define SEC(name) __attribute__((section(name), used))\n"
    "#define __uint(name, value) int (*name)[value]\n"
    "#define __type(name, value) typeof(value)* name\n"
    "#define BPF_MAP_TYPE_HASH 1\n";

class skeleton_names : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_command("clang") || !test::has_command("bpftool"))
      GTEST_SKIP() << "no clang or no bpftool";
  }

  // Compiles a source whose macros do not stand in the way of the names.
  bpf_object_file object_of(const std::string& name, const std::string& text) {
    const auto input = work_.write(name + ".bpf.c", std::string(source_begin) + text);
    const auto compiled = work_.path() / (name + ".o");
    const auto linked = work_.path() / (name + ".bpf.o");
    EXPECT_EQ(complaint_of({"clang", "--target=bpf", "-std=gnu17", "-mcpu=v3", "-O2", "-g", "-c",
                            "-Wno-everything", input.string(), "-o", compiled.string()}),
              "");
    EXPECT_EQ(complaint_of({"bpftool", "gen", "object", linked.string(), compiled.string()}), "");
    return bpf_object_file(linked);
  }

  void add_skeletons(const std::string& name, const bpf_object_file& object) {
    const skeleton_request request{name, {}, {}, {}};
    work_.write(name + ".skel.h",
                make_c_skeleton(object, request, "bpftool", work_.path() / "out.skel.h"));
    c_text_ += fmt::format("#include \"{}.skel.h\"\n", name);
    add_cxx_skeleton(name, object);
  }

  void add_cxx_skeleton(const std::string& name, const bpf_object_file& object) {
    work_.write(name + ".skel.hpp", make_cxx_skeleton(object, {name, {}, {}, {}}, "ebpf"));
    cxx_text_ += fmt::format("#include \"{}.skel.hpp\"\n", name);
  }

  // Compiles a file that includes all headers, as C and as C++.
  void expect_all_compile() {
    expect_compiles("c", "gnu17", c_text_);
    expect_compiles("c++", "gnu++17", c_text_);
    expect_compiles("c++", "c++20", cxx_text_);
  }

  void expect_compiles(const std::string& language, const std::string& standard,
                       const std::string& includes) {
    const auto source = work_.write("all." + language, std::string(system_headers) + includes);
    for (const auto& compiler : test::compilers())
      EXPECT_EQ(
          complaint_of({test::compiler_for(compiler, language), "-x", language, "-std=" + standard,
                        "-fsyntax-only", "-Wall", "-Werror", "-I" + work_.path().string(),
                        "-I" + (source_directory / "include").string(), source.string()}),
          "")
          << standard;
  }

  work_directory work_;
  std::string c_text_;
  std::string cxx_text_;
};

TEST_F(skeleton_names, of_everything_in_an_object) {
  const auto names = all_of({&foreign_words, &macros, &own_names});
  std::string undefine;
  for (const auto name : names)
    undefine += fmt::format("#undef {}\n", name);
  const auto each = [&](const auto& line) {
    std::string text = undefine;
    for (std::size_t i = 0; i < names.size(); ++i)
      text += line(names[i], i);
    return text;
  };
  const std::string license = "char license_text[] SEC(\"license\") = \"GPL\";\n";

  add_skeletons(
      "of_programs",
      object_of("of_programs", each([](auto name, auto) {
                                 return fmt::format(
                                     "SEC(\"xdp\") int {}(void* context) {{ return 0; }}\n", name);
                               }) + license));
  add_skeletons(
      "of_maps",
      object_of("of_maps", each([](auto name, auto) {
                  return fmt::format(
                      "struct {{ __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); "
                      "__type(key, int); __type(value, long); }} {} SEC(\".maps\");\n",
                      name);
                })));
  add_skeletons("of_variables", object_of("of_variables", each([](auto name, auto number) {
                                            return fmt::format(
                                                "{} {}{};\n",
                                                number % 3 == 0 ? "const volatile int" : "int",
                                                name, number % 3 == 1 ? " = 1" : "");
                                          })));
  add_skeletons("of_sections", object_of("of_sections", each([](auto name, auto number) {
                                           return fmt::format(
                                               "int variable_{} SEC(\".data.{}\") = 1;\n", number,
                                               name);
                                         })));
  add_skeletons("of_records",
                object_of("of_records", each([](auto name, auto number) {
                            return fmt::format(
                                "struct {0} {{ int {0}; }}; struct {0} variable_{1} = {{1}};\n",
                                name, number);
                          })));
  add_skeletons("of_enumerators", object_of("of_enumerators", [&] {
                  auto text = undefine + "enum everything {";
                  for (const auto name : names)
                    text += fmt::format("{}, ", name);
                  return text + "}; enum everything variable = 1;\n";
                }()));
  add_skeletons("of_enumerations",
                object_of("of_enumerations", each([](auto name, auto number) {
                            return fmt::format("enum {} {{ constant_{} = {} }} variable_{} = {};\n",
                                               name, number, number, number, number);
                          })));
  add_skeletons(
      "of_key_types",
      object_of("of_key_types", each([](auto name, auto number) {
                  return fmt::format(
                      "struct tag_{1} {{ int {0}; }}; struct {{ __uint(type, BPF_MAP_TYPE_HASH); "
                      "__uint(max_entries, 1); __type(key, struct tag_{1}); __type(value, "
                      "struct tag_{1}); }} tag_{1} SEC(\".maps\");\n",
                      name, number);
                })));
  expect_all_compile();
}

TEST_F(skeleton_names, of_programs) {
  const auto object = object_of("small", R"(
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, int);
         __type(value, long); } table SEC(".maps");
int changed = 1;
int zeroed;
const volatile int constant;
SEC("xdp") int run(void* context) { return changed + zeroed + constant; }
)");
  for (const auto name : own_names)
    add_cxx_skeleton(std::string(name), object);
  // Some names whose C skeletons bpftool makes; it is a process each.
  for (const auto* name : {"class", "open", "errno", "int", "maps"})
    add_skeletons(name, object);
  expect_all_compile();
}

TEST_F(skeleton_names, the_owner_of_an_occupied_name_gets_an_underscore) {
  const auto object = object_of("small", "int changed = 1;\n");
  const auto cxx = [&](const std::string& name) {
    return make_cxx_skeleton(object, {name, {}, {}, {}}, "ebpf");
  };
  EXPECT_THAT(cxx("usual"), testing::HasSubstr("class [[nodiscard]] usual {"));
  EXPECT_THAT(cxx("load"), testing::HasSubstr("class [[nodiscard]] load_ {"));
  for (const std::string name : {"class", "int", "errno", "stdin", "nullptr", "while"})
    EXPECT_THAT(cxx(name), testing::HasSubstr("class [[nodiscard]] " + name + "_ {"));
}

TEST_F(skeleton_names, c_names_of_functions_of_a_skeleton_are_refused) {
  const auto object = object_of("small", "int changed = 1;\n");
  try {
    make_c_skeleton(object, {"small", {}, {}, {}, "destroy"}, "bpftool",
                    work_.path() / "out.skel.h");
    FAIL() << "the name is accepted";
  } catch (const failure& error) {
    EXPECT_STREQ(
        error.what(),
        "'destroy' cannot name a skeleton: it is the name of a function of every skeleton");
  }
}

// What a section is called becomes text in both skeletons.
TEST_F(skeleton_names, of_sections_are_no_code) {
  for (const std::string_view name :
       {R"(.data.x",4}}; static int pwn=system("id"); /*)", ".data.x\x1b[31m", ".rodata.a b",
        ".data.\xe2\x80\xae", ".data.x\\", ".data.x*/"}) {
    // Since clang 17, such a literal has no numeric escapes.
    std::string escaped;
    for (const char c : name)
      escaped.append(c == '"' || c == '\\' ? 1 : 0, '\\').append(1, c);
    try {
      object_of("hostile",
                fmt::format("int variable __attribute__((section(\"{}\"))) = 1;\n", escaped));
      ADD_FAILURE() << name << " is accepted";
    } catch (const failure& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("has a character in its name that"));
      EXPECT_TRUE(std::ranges::all_of(std::string_view(error.what()), [](char c) {
        return c >= ' ' && c <= '~';
      })) << error.what();
    }
  }
}

}  // namespace
}  // namespace ebpfkit::host
