// Macros of kernel headers: which lines define one, and which values are constants.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
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
  EXPECT_EQ(own_constants("# define AA BB\n#ifndef CC\n#define DD(EE) 1\n#endif\n#undef FF\n"),
            (names{"AA", "DD"}));
  EXPECT_EQ(own_constants("enum a { AA = BB, CC } ; enum { DD, };"), (names{"AA", "CC", "DD"}));
  EXPECT_EQ(own_constants("enum a function(int AA) { return BB; f(CC, DD); }"), (names{"AA"}));
  EXPECT_EQ(
      own_constants("const int AA = BB; unsigned CC[DD]; struct { int EE; } FF; int *x = &GG;"),
      (names{"AA", "CC", "EE", "FF"}));
  EXPECT_EQ(own_constants("switch (x) { case AA: return BB; default: x = sizeof AA; goto CC; }"),
            names{});
  EXPECT_EQ(
      own_constants("struct { __uint(max_entries, AA); } m; int a[] = {BB, CC}; enum x e = DD;"),
      names{});
}

}  // namespace
}  // namespace ebpfkit::host
