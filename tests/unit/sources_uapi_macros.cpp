// Macros of kernel headers: which lines define one, and which values are constants.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skeleton_support.hpp"
#include "sources/identifiers.hpp"
#include "sources/lexer.hpp"
#include "sources/uapi_macros.hpp"

namespace ebpfkit::host {
namespace {

TEST(uapi_macros, names_of_constants) {
  for (const auto* name : {"ETH_P_IP", "ETH_P_8021Q", "AF_INET6", "EPERM"})
    EXPECT_TRUE(is_constant_name(name)) << name;
  for (const auto* name :
       {"", "X", "_LINUX_IN_H", "__KERNEL__", "bpf_htons", "Mixed_CASE", "own A"})
    EXPECT_FALSE(is_constant_name(name)) << name;
}

TEST(uapi_macros, value_of_a_define) {
  const auto value = [](std::string_view text) { return defined_value(text, "SIZE"); };
  EXPECT_EQ(value("#define SIZE 16\n"), "16");
  EXPECT_EQ(value("int x;\n\t# \tdefine\tSIZE\t16 /* bytes */ // of a name"), "16");
  EXPECT_EQ(value("#define SIZE (1  <<\t4)\r\n"), "(1 << 4)");
  EXPECT_EQ(value("#define SIZE (1 << \\\n 4)\nint x;\n"), "(1 << 4)");
  EXPECT_EQ(value("#define OTHER SIZE\n#define SIZE OTHER\n"), "OTHER");
  EXPECT_EQ(value("#define SIZE 16\n#define SIZE  16\n"), "16");
  for (const auto* text : {"", "SIZE", "#define", "#define SIZE", "#define SIZE\n16",
                           "#define SIZES 16\n", "#define MY_SIZE 16\n", "#define SIZE(x) 16\n",
                           "#undef SIZE 16\n", "#define OTHER SIZE 16\n",
                           "#define SIZE /* nothing */\n", "#define SIZE 16\n#define SIZE 32\n"})
    EXPECT_EQ(value(text), "") << text;
}

TEST(uapi_macros, a_condition_may_decide_about_a_value) {
  const auto value = [](std::string_view text) { return defined_value(text, "SIZE"); };
  for (const auto* text : {"#ifndef _LINUX_X_H\n#define _LINUX_X_H\n#define SIZE 1\n#endif\n",
                           "#ifndef SIZE\n#define SIZE 1\n#endif\n",
                           "#ifndef _X\n# if __UAPI_DEF_X\n#  define SIZE 1\n# endif\n#endif\n",
                           "#if 0\n#define OTHER 2\n#else\n#endif\n#define SIZE 1\n"})
    EXPECT_EQ(value(text), "1") << text;
  for (const auto* text :
       {"#ifdef A\n#define SIZE 1\n#endif\n", "#if A\n#else\n#define SIZE 1\n#endif\n",
        "#ifndef _X\n#ifndef A\n#define SIZE 1\n#endif\n#endif\n",
        "#ifndef _X\n#if __BITS_PER_LONG == 64\n#define SIZE 1\n#endif\n#endif\n",
        "#ifndef SIZE\n#else\n#define SIZE 1\n#endif\n"})
    EXPECT_EQ(value(text), "") << text;
}

class uapi_headers : public testing::Test {
 protected:
  void header(const std::string& name, const std::string& text) {
    const auto file = work_.path() / name;
    std::filesystem::create_directories(file.parent_path());
    work_.write(name, text);
  }

  std::string find(const std::string& name, std::string_view architecture = "") {
    uapi_macros macros({work_.path() / "missing", work_.path()}, architecture);
    const auto found = macros.find(name);
    used_ = macros.used_files();
    return found ? found->header + ": " + found->value : "";
  }

  test::work_directory work_;
  std::set<std::filesystem::path> used_;
};

TEST_F(uapi_headers, macros_in_values_are_replaced) {
  header("linux/in.h", "#define PORT PORT_BASE\n#define PORT_BASE 1024\n");
  header("linux/sums.h",
         "#define SUM (PORT | FLAGS)\n#define FLAGS 1 | 2\n#define NEGATIVE -PORT\n#define ALIAS "
         "FLAGS\n");
  EXPECT_EQ(find("PORT"), "linux/in.h: 1024");
  EXPECT_EQ(find("SUM"), "linux/sums.h: (1024 | (1 | 2))");
  EXPECT_EQ(find("NEGATIVE"), "linux/sums.h: -1024");
  EXPECT_EQ(find("ALIAS"), "linux/sums.h: 1 | 2");
  EXPECT_EQ(find("PORT_BASE"), "linux/in.h: 1024");
  EXPECT_EQ(find("SUM"), "linux/sums.h: (1024 | (1 | 2))");
  EXPECT_EQ(used_, (std::set<std::filesystem::path>{work_.path() / "linux/in.h",
                                                    work_.path() / "linux/sums.h"}));
}

TEST_F(uapi_headers, values_that_are_no_constants_are_left_out) {
  header("linux/in.h",
         "#define SELF SELF\n"
         "#define FIRST SECOND\n#define SECOND FIRST\n"
         "#define TYPE struct task_struct\n"
         "#define CALL CALLED(1)\n#define CALLED(x) x\n"
         "#define PASTED 1 ## 2\n#define QUOTED #x\n"
         "#define UNKNOWN NOWHERE\n"
         "enum { ENUMERATOR };\n");
  for (const auto* name : {"SELF", "FIRST", "SECOND", "TYPE", "CALL", "CALLED", "PASTED", "QUOTED",
                           "UNKNOWN", "NOWHERE", "ENUMERATOR"}) {
    EXPECT_EQ(find(name), "") << name;
    EXPECT_TRUE(used_.empty()) << name;
  }
}

TEST_F(uapi_headers, names_of_all_constants) {
  header("linux/in.h", "#define PORT 5\n# define  BASE\t1\n#define CALLED(x) x\n#define lower 1\n");
  header("bits/socket.h", "#define AF_X PF_X\n#define");
  header("other/in.h", "#define NOT_READ 1\n");
  EXPECT_EQ(uapi_macros({work_.path() / "missing", work_.path()}, "").constant_names(),
            (std::set<std::string>{"AF_X", "BASE", "CALLED", "PORT"}));
}

TEST_F(uapi_headers, headers_that_programs_use_most_come_first_and_others_must_agree) {
  header("linux/aaa.h",
         "#define PORT 1\n#define ONLY_HERE 2\n#define TWICE 3\n#define DIFFERENT 4\n");
  header("linux/in.h", "#define PORT 5\n");
  header("linux/zzz/deep.h", "#define TWICE 3\n#define DIFFERENT 6\n");
  EXPECT_EQ(find("PORT"), "linux/in.h: 5");
  EXPECT_EQ(find("ONLY_HERE"), "linux/aaa.h: 2");
  EXPECT_EQ(find("TWICE"), "linux/aaa.h: 3");
  EXPECT_EQ(find("DIFFERENT"), "");
}

TEST_F(uapi_headers, values_that_a_cpu_does_not_share_are_left_out) {
  header("asm-generic/errno.h", "#define ENOSYS 38\n");
  header("asm-generic/errno-base.h", "#define EPERM 1\n");
  for (const auto* architecture : {"", "x86_64", "arm64", "riscv"})
    EXPECT_EQ(find("ENOSYS", architecture), "asm-generic/errno.h: 38") << architecture;
  for (const auto* architecture : {"mips", "powerpc"}) {
    EXPECT_EQ(find("ENOSYS", architecture), "") << architecture;
    EXPECT_EQ(find("EPERM", architecture), "asm-generic/errno-base.h: 1") << architecture;
  }
}

TEST_F(uapi_headers, nothing_is_found_without_headers) {
  EXPECT_EQ(find("ETH_P_IP"), "");
  EXPECT_TRUE(uapi_macros({}, "").header_directories().empty());
}

std::vector<std::string> own_constants(std::string_view text) {
  identifier_set words;
  add_declarations(read_source(text), words);
  std::vector<std::string> found;
  for (const auto& word : words) {
    if (word.starts_with("own "))
      found.push_back(word.substr(4));
  }
  return found;
}

TEST(lexer, tells_the_constants_that_the_text_defines) {
  using names = std::vector<std::string>;
  const std::pair<const char*, names> texts[] = {
      {"# define AA BB\n#ifndef CC\n#define DD(EE, FF) GG(EE)\n#endif\n#undef HH\n",
       {"AA", "DD", "EE", "FF"}},
      {"#define AA (BB)\n#define CC\n(DD)", {"AA", "CC"}},
      {"enum a { AA = BB, CC } ; enum { DD, };", {"AA", "CC", "DD"}},
      {"enum { AA = f(BB, CC), DD = (EE) | FF, GG };", {"AA", "DD", "GG"}},
      {"enum __attribute__((packed)) a { AA, BB }; enum b : unsigned char { CC, DD };",
       {"AA", "BB", "CC", "DD"}},
      {"enum a function(int AA) { return BB; f(CC, DD); }", {"AA"}},
      {"const int AA = BB; unsigned CC[DD]; struct { int EE; } FF; int *x = &GG;",
       {"AA", "CC", "EE", "FF"}},
      {"int a = BB, AA = CC * DD, *EE, FF[GG];", {"AA", "EE", "FF"}},
      {"struct a { u16 a : 1, AA : 2, BB; int *CC; };", {"AA", "BB", "CC"}},
      {"typedef struct { int a; } *AA; typedef int (*BB)(int CC); static void (*DD)(void);",
       {"AA", "BB", "CC", "DD"}},
      {"int f(const u32 *AA, struct a *BB) { AA: return n * CC, sizeof(x) * DD; }", {"AA", "BB"}},
      {"switch (x) { case AA: return BB; default: x = sizeof AA; goto CC; }", {}},
      {"struct { __uint(max_entries, AA); } m; int a[] = {BB, CC}; enum x e = DD;", {}},
      {"int f(int a) { a = b * AA; a = (b) * BB; f(CC, DD); return x ? EE : FF; }", {}},
  };
  for (const auto& [text, expected] : texts)
    EXPECT_EQ(own_constants(text), expected) << text;
}

TEST(lexer, tells_the_constants_that_conditions_ask_for) {
  const auto found =
      read_source("#ifdef AA\n#elif defined(BB) || CC > DD\n#endif\nEE\n#define FF GG\n");
  EXPECT_EQ(found.checked_names,
            (std::vector<std::string_view>{"AA", "defined", "BB", "CC", "DD"}));
}

}  // namespace
}  // namespace ebpfkit::host
