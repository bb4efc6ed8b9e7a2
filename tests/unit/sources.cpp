// What a BPF source uses: lexer, scan, helper declarations, depfiles.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sources/compile.hpp"
#include "sources/depfile.hpp"
#include "sources/diagnostics.hpp"
#include "sources/identifiers.hpp"
#include "sources/lexer.hpp"
#include "sources/line_hints.hpp"
#include "sources/scan.hpp"
#include "sources/tokens.hpp"
#include "support/failure.hpp"

namespace {

using namespace ebpfkit::host;
namespace fs = std::filesystem;

std::vector<std::string> words_of(std::string_view text) {
  const auto found = read_source(text);
  return {found.words.begin(), found.words.end()};
}

using words = std::vector<std::string>;

TEST(diagnostics, positions_messages_and_includes) {
  const auto found = read_diagnostics(
      "In file included from /src/a.bpf.c:2:\n"
      "In file included from /usr/include/linux/in.h:22:\n"
      "/usr/include/linux/types.h:27:3: error: redefinition of 'x: y'\n"
      "} x;\n"
      "  ^\n"
      "/build/vmlinux.h:290:3: note: previous definition is here\n"
      "   27 | } x;\n"
      "      |   ^\n"
      "fatal error: too many errors emitted, stopping now [-ferror-limit=]\n"
      "note: (skipping 1 expansions in backtrace)\n"
      "1 error generated.\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].position.file, "/usr/include/linux/types.h");
  EXPECT_EQ(found[0].position.line, 27u);
  EXPECT_EQ(found[0].kind, "error");
  EXPECT_EQ(found[0].message, "redefinition of 'x: y'");
  ASSERT_EQ(found[0].includes.size(), 2u);
  EXPECT_EQ(found[0].includes[0].file, "/src/a.bpf.c");
  EXPECT_EQ(found[0].includes[0].line, 2u);
  EXPECT_EQ(found[0].includes[1].line, 22u);
  EXPECT_EQ(found[1].position.file, "/build/vmlinux.h");
  EXPECT_EQ(found[1].kind, "note");
  EXPECT_TRUE(found[1].includes.empty());
}

TEST(diagnostics, colours_are_left_out) {
  const auto found = read_diagnostics(
      "\x1b[1ma.bpf.c:2:10: \x1b[0m\x1b[0;1;31mfatal error: \x1b[0m\x1b[1m'x.h' file not "
      "found\x1b[0m\n#include \"x.h\"\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].position.file, "a.bpf.c");
  EXPECT_EQ(found[0].kind, "fatal error");
  EXPECT_EQ(found[0].message, "'x.h' file not found");
  EXPECT_TRUE(read_diagnostics("\x1b[").empty());
}

TEST(lexer, leaves_out_comments_literals_and_numbers) {
  EXPECT_EQ(words_of("a /* b */ c // d\ne \"f \\\" g\" 'h' 0x1fUL 1e5 i2"),
            (words{"a", "c", "e", "i2"}));
}

TEST(lexer, a_line_comment_goes_on_behind_a_backslash) {
  EXPECT_EQ(words_of("a // b \\\nc\nd"), (words{"a", "d"}));
}

TEST(lexer, joins_lines_before_all_else) {
  EXPECT_EQ(words_of("task_\\\nstruct a\\\r\nb c\\ \t\nd e\\\rf"),
            (words{"task_struct", "ab", "cd", "ef"}));
  EXPECT_EQ(words_of("// a \\ \nb\nc // d \\\r\ne\r\nf"), (words{"c", "f"}));
  EXPECT_EQ(words_of("\"a\\ \nb\" c \"d\\\\\ne\" f"), (words{"c", "f"}));
  EXPECT_EQ(words_of("/\\\n/ a\nb"), (words{"b"}));
  EXPECT_EQ(words_of("\\\n"), words{});
  EXPECT_EQ(words_of("a\\"), (words{"a"}));
  EXPECT_EQ(words_of("a \\ b"), (words{"a", "b"}));
}

TEST(lexer, a_carriage_return_ends_a_line) {
  EXPECT_EQ(words_of("// a\rb"), (words{"b"}));
  EXPECT_EQ(words_of("it's\rb"), (words{"it", "b"}));
  EXPECT_EQ(read_source("a\r#include <b.h>\r\nc").includes.size(), 1U);
}

TEST(lexer, digit_separators_belong_to_the_number) {
  EXPECT_EQ(words_of("1'000 a; 0xff'ffu b; .5'5 c; 1 'd' e"), (words{"a", "b", "c", "e"}));
}

TEST(lexer, an_unclosed_literal_ends_with_its_line) {
  EXPECT_EQ(words_of("#error it's\na"), (words{"it", "a"}));
  EXPECT_EQ(words_of("\"open"), words{});
  EXPECT_EQ(words_of("/* open"), words{});
  EXPECT_EQ(words_of("\"ends with \\"), words{});
}

TEST(lexer, reads_includes) {
  const auto text = read_source("#include \"a.h\"\n # include <b/c.h> // x\n#include MACRO\n");
  ASSERT_EQ(text.includes.size(), 3U);
  EXPECT_EQ(text.includes[0].file, "a.h");
  EXPECT_TRUE(text.includes[0].is_quoted);
  EXPECT_EQ(text.includes[1].file, "b/c.h");
  EXPECT_FALSE(text.includes[1].is_quoted);
  EXPECT_EQ(text.includes[2].file, "");
}

TEST(lexer, reads_includes_however_they_are_spelled) {
  const auto file = [](std::string_view text) {
    const auto found = read_source(text).includes;
    return found.size() == 1 ? found.front().file : "none";
  };
  EXPECT_EQ(file("%:include <a.h>"), "a.h");
  EXPECT_EQ(file("/* x */ # /* y\n */ include /* z */ <a.h>"), "a.h");
  EXPECT_EQ(file("#inc\\\nlude \\\n\"a.h\""), "a.h");
  EXPECT_EQ(file("\xef\xbb\xbf#include <a.h>"), "a.h");
  EXPECT_EQ(words_of("#include <a.h> /* it's\n it's */ b"), (words{"b"}));
}

TEST(lexer, tells_pasting_from_stringizing) {
  EXPECT_TRUE(read_source("#define A(x) x ## _t\n").pastes);
  for (const char* end : {"\\\n", "\\\r\n", "\\ \n", "\\\t\r\n", "/*\n*/"})
    EXPECT_TRUE(read_source(std::string("#define A(x) x ") + end + "  ##_t\n").pastes) << end;
  EXPECT_TRUE(read_source("#define A(x) x %:%: _t\n").pastes);
  EXPECT_TRUE(read_source("#define A(x) x #\\\n# _t\n").pastes);
  EXPECT_FALSE(read_source("%:define A(x) %:x\n").pastes);
  EXPECT_FALSE(read_source("#define A(x) #x\n").pastes);
  EXPECT_FALSE(read_source("// a ## b\n").pastes);
  for (const char* macro : {"#define A(x) #x\n", "%:define A(x) %:x\n", "#define A(x) \\\n#x\n"})
    EXPECT_TRUE(read_source(macro).stringizes) << macro;
  for (const char* text : {"#define A(x) x ## _t\n", "#if A\n # define B\n#endif\n", "/* #x */\n"})
    EXPECT_FALSE(read_source(text).stringizes) << text;
}

TEST(lexer, tells_the_types_that_the_text_defines_in_any_case) {
  const auto tags = [](std::string_view text) { return read_source(text).defined_tags; };
  EXPECT_EQ(tags("struct a { int x; } y;\nunion b { int x; };\nenum c { C };"),
            (words{"struct a", "union b", "enum c"}));
  EXPECT_EQ(tags("struct __attribute__((packed)) a { int x; };\nstruct __packed b { int x; };"),
            (words{"struct a", "struct b"}));
  EXPECT_EQ(tags("struct a;\nstruct b *x;\nstruct c f(struct d *e) { return *e; }\n"
                 "struct { int x; } z;\nstruct __attribute__((packed)) { int x; } q;"),
            words{});
  EXPECT_EQ(tags("int f(void) { struct a { int x; } y; return 0; }\nstruct b { int x; };"),
            words{"struct b"});
  EXPECT_EQ(tags("#define A struct a { int x; }\nstruct b { int x; };"), words{"struct b"});
  // All records have one scope, those in functions and prototypes have their own.
  EXPECT_EQ(tags("struct a { struct b { int x; } y; struct { union c { int x; } z; } w; };"),
            (words{"struct a", "struct b", "union c"}));
  EXPECT_EQ(tags("enum a { A };\nint f(struct b { int x; } y) { struct c { int x; } z; }"),
            words{"enum a"});
  EXPECT_EQ(tags("typedef struct { int x; } a;\ntypedef struct b { int x; } c;\n"
                 "typedef unsigned long d __attribute__((aligned(8)));\ntypedef int e[4];\n"
                 "typedef int (*f)(int g);\nint typed;"),
            (words{"typedef a", "struct b", "typedef c", "typedef d", "typedef e", "typedef int"}));
}

TEST(lexer, definitions_under_a_condition_do_not_count_but_an_include_guard_does_not_matter) {
  const auto tags = [](std::string_view text) { return read_source(text).defined_tags; };
  const std::string definition = "struct a { int x; };\n";
  EXPECT_EQ(tags("#ifdef A\n" + definition + "#endif\n"), words{});
  EXPECT_EQ(tags("#ifndef A\n#define A\n" + definition + "#endif\n"), words{"struct a"});
  EXPECT_EQ(tags("#ifndef A\n" + definition + "#endif\nint x;\n"), words{});
  EXPECT_EQ(tags("#ifndef A\nint x;\n#else\n" + definition + "#endif\n"), words{});
  EXPECT_EQ(tags("#ifndef A\n#if B\n" + definition + "#endif\n#endif\n"), words{});
  EXPECT_EQ(tags("#if A\nint f() {\n#else\nint g() {\n#endif\n}\n" + definition), words{});
  EXPECT_EQ(tags("#if A\n}\n#else\n}\n#endif\nint f() {\n" + definition), words{});
}

std::set<std::string> declared_in(std::string_view text) {
  const auto found = read_source(text);
  return {found.declared_names.begin(), found.declared_names.end()};
}

TEST(lexer, tells_the_names_that_the_text_may_declare) {
  for (const auto* text :
       {"extern int own(int pid) __weak __ksym;", "struct task *own(int pid);",
        "static inline int own(int pid) { return pid; }",
        "int f(void) { extern void *own(int pid) __ksym; return 0; }",
        "#ifdef OTHER\nextern int own(int);\n#endif", "KERNEL_FUNCTION(int, own, int pid)",
        "KERNEL_FUNCTION(own)", "#define OWN extern int own(int)\nOWN;",
        "#ifdef A\nint f(int a) {\n#else\nint f(int a,\nint b) {\n#endif\n}\nint own(int);",
        "#ifdef A\nint f(int a,\n#else\nint f(\n#endif\n);extern int *own(int);"})
    EXPECT_EQ(declared_in(text).count("own"), 1U) << text;
}

TEST(lexer, a_call_declares_nothing) {
  for (const auto* call :
       {"called(1);", "x = called(1);", "return called(1);", "if (called(1)) y = *called(2);",
        "f(called, called(1));", "else called(1);", "do called(1); while (!called(2));"})
    EXPECT_EQ(declared_in("int f(void) {" + std::string(call) + "}").count("called"), 0U) << call;
  EXPECT_EQ(declared_in("#define CALL called(1)").count("called"), 0U);
}

TEST(tokens, have_kinds_and_tell_where_lines_begin) {
  source_tokens tokens("#define A(x) x ## 1'000u /* no\nline */ \"t\\\"x\"\nb; %:");
  const auto expect = [&](token_kind kind, std::string_view text, bool begins_line = false) {
    const auto token = tokens.next();
    EXPECT_EQ(token.kind, kind) << text;
    EXPECT_EQ(token.text, text);
    EXPECT_EQ(token.begins_line, begins_line) << text;
  };
  expect(token_kind::hash, "#", true);
  expect(token_kind::word, "define");
  expect(token_kind::word, "A");
  expect(token_kind::other, "(");
  expect(token_kind::word, "x");
  expect(token_kind::other, ")");
  expect(token_kind::word, "x");
  expect(token_kind::paste, "##");
  expect(token_kind::number, "1'000u");
  expect(token_kind::literal, "\"t\\\"x\"");
  expect(token_kind::word, "b", true);
  expect(token_kind::other, ";");
  expect(token_kind::hash, "%:");
  expect(token_kind::end, "");
}

TEST(lexer, leaves_to_the_preprocessor_what_not_every_compiler_knows) {
  EXPECT_TRUE(read_source("#define A(x) x ?\?=?\?= _t\n").pastes);
  EXPECT_TRUE(read_source("// a ?\?/\nb\n").pastes);
  EXPECT_TRUE(read_source("x = R\"(\")\" ;").pastes);
  EXPECT_FALSE(read_source("x = PTR\"\\n\" ? R : \"\";").pastes);
}

TEST(line_hints, a_word_that_begins_a_declaration_is_meant_as_a_type) {
  for (const auto* line :
       {"pid_tt id = 1;", "{ pid_tt id;", "x = 1; pid_tt *id;", "const pid_tt id;"})
    EXPECT_TRUE(begins_declaration(line, "pid_tt")) << line;
  for (const auto* line :
       {"", "pid_tt", "pid_tt = 1;", "x = pid_tt * 2;", "f(pid_tt);", "other id;"})
    EXPECT_FALSE(begins_declaration(line, "pid_tt")) << line;
}

TEST(line_hints, the_nearest_macro_of_libbpf) {
  EXPECT_EQ(like_libbpf_macro("int BPF_PROGG(f, int x) {"),
            "no header defines 'BPF_PROGG'; nearest: BPF_PROG");
  for (const auto* line :
       {"int BPF_PROG(f) {", "BPF_PROGG;", "int f(void) {", "BPF_OTHER_THING(x)", "("})
    EXPECT_EQ(like_libbpf_macro(line), "") << line;
}

TEST(line_hints, tags) {
  const auto tags = tags_in("f(struct a, const enum b* c, union { int x; } d); struct");
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[0].keyword + " " + tags[0].name, "struct a");
  EXPECT_EQ(tags[1].keyword + " " + tags[1].name, "enum b");
}

TEST(identifiers, only_helpers_that_are_used_count) {
  identifier_set found{"bpf_sk_fullsock"};
  add_used_helpers(
      "struct bpf_sock;\n"
      "static struct bpf_sock *(*bpf_sk_fullsock)(struct bpf_sock *sk) = (void *) 95;\n"
      "static long (*bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *) 19;\n",
      found);
  EXPECT_TRUE(found.contains("bpf_sock"));
  EXPECT_FALSE(found.contains("__sk_buff"));
}

TEST(identifiers, helpers_of_newer_libbpf_are_const) {
  identifier_set found{"bpf_get_current_task_btf"};
  add_used_helpers(
      "static struct task_struct *(* const bpf_get_current_task_btf)(void) = (void *) 158;\n",
      found);
  EXPECT_TRUE(found.contains("task_struct"));
}

TEST(identifiers, line_markers_tell_the_helper_declarations) {
  const auto found = collect_identifiers(
      "# 1 \"a.c\"\nint used;\n"
      "# 1 \"/usr/include/bpf/bpf_helper_defs.h\" 1\n"
      "static long (*bpf_other)(struct hidden *x) = (void *) 1;\n"
      "# 2 \"a.c\" 2\nint after;\n#pragma once_upon\n");
  EXPECT_TRUE(found.contains("used"));
  EXPECT_TRUE(found.contains("after"));
  EXPECT_FALSE(found.contains("hidden"));
  EXPECT_FALSE(found.contains("once_upon"));
}

TEST(identifiers, assembly_names_constants_in_its_text) {
  const auto found = collect_identifiers(
      "int f(void) {\n"
      "asm volatile(\"%0 = \" \"TC_ACT_SHOT\" \"\\n\" : \"=r\"(x[(1)]) : "
      "\"i\"(sizeof(\"INSIDE\")));\n"
      "__asm__ __volatile__ goto(\"if r0 == ETH_P_IP goto lower_case\");\n"
      "asm (\"r1 = AF_INET\"); print(\"BEHIND\");\n"
      "return print(\"EPERM\"), asm_like(\"ENOENT\");\n}\n"
      "int g(void) __asm__(\"g\"); const char* h = \"EIO\";\nint volatile(*i)(const char*) = "
      "\"EBADF\";\n");
  for (const auto* word : {"TC_ACT_SHOT", "ETH_P_IP", "AF_INET"})
    EXPECT_TRUE(found.contains(word)) << word;
  for (const auto* word : {"lower_case", "BEHIND", "EPERM", "ENOENT", "EIO", "EBADF"})
    EXPECT_FALSE(found.contains(word)) << word;
  // Text without an end, as a stranger's source may have it.
  EXPECT_TRUE(collect_identifiers("asm((\"AF_INET").contains("AF_INET"));
  EXPECT_FALSE(collect_identifiers("asm").contains("AF_INET"));
}

class scan : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        fs::temp_directory_path() / ("ebpfkit-scan-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(directory_ / "include" / "bpf");
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path write(const std::string& name, std::string_view text) {
    const auto path = directory_ / name;
    std::ofstream(path) << text;
    return path;
  }
  std::optional<identifier_set> run(const fs::path& source, std::vector<std::string> flags = {}) {
    flags.push_back("-I" + (directory_ / "include").string());
    return scan_source(source, "vmlinux.h", flags);
  }

  fs::path directory_;
};

TEST_F(scan, follows_headers_and_marks_the_header_of_kernel_types) {
  write("include/shared.h", "#include \"vmlinux.h\"\nstruct in_header *x;\n");
  const auto found = run(write("a.bpf.c", "#include <shared.h>\nint own;\n"), {"-DTYPE=from_flag"});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->contains("own"));
  EXPECT_TRUE(found->contains("in_header"));
  EXPECT_TRUE(found->contains("from_flag"));
  EXPECT_TRUE(found->contains(header_marker));
}

TEST_F(scan, a_header_of_that_name_in_the_project_is_the_project_s_own) {
  write("include/vmlinux.h", "typedef int mine;\n");
  const auto found = run(write("a.bpf.c", "#include \"vmlinux.h\"\n"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->contains(header_marker));
  EXPECT_TRUE(found->contains("mine"));
}

TEST_F(scan, tells_in_which_directories_the_header_of_kernel_types_is_looked_for) {
  using spellings = std::set<std::string>;
  fs::create_directories(directory_ / "include" / "own");
  write("include/own/vmlinux.h", "#include <not/in/this/one/vmlinux.h>\n");
  const auto source = write("a.bpf.c",
                            "#include <bpf/vmlinux.h>\n#include \"../vmlinux.h\"\n"
                            "#include \"vmlinux.h\"\n#include <own/vmlinux.h>\n"
                            "#include \"/absolute/vmlinux.h\"\n#include <bpf/my_vmlinux.h>\n");
  const std::vector<std::string> flags = {"-I" + (directory_ / "include").string()};
  EXPECT_EQ(find_header_spellings(source, "vmlinux.h", flags),
            (spellings{"../vmlinux.h", "bpf/vmlinux.h"}));

  spellings found;
  const auto pasting = write("b.bpf.c", "#define A(x) x##_t\n#include <bpf/vmlinux.h>\n");
  EXPECT_FALSE(scan_source(pasting, "vmlinux.h", flags, &found));
  EXPECT_EQ(found, spellings{"bpf/vmlinux.h"});
  const auto in_directory = run(write("c.bpf.c", "#include <bpf/vmlinux.h>\n"));
  ASSERT_TRUE(in_directory);
  EXPECT_TRUE(in_directory->contains(header_marker));
}

TEST_F(scan, leaves_to_the_preprocessor_what_only_it_can_tell) {
  EXPECT_FALSE(run(write("paste.c", "#define R(x) struct file_##x\n")));
  EXPECT_FALSE(run(write("text.c", "#define TEXT(x) #x\n")));
  EXPECT_FALSE(run(write("plain.c", "int x;\n"), {"-DTEXT(x)=#x"}));
  EXPECT_FALSE(run(write("macro.c", "#include HEADER\n")));
  EXPECT_FALSE(run(write("missing.c", "#include <absent.h>\n")));
  EXPECT_FALSE(run(write("plain.c", "int x;\n"), {"-include", "other.h"}));
  EXPECT_FALSE(run(write("plain.c", "int x;\n"), {"--sysroot=/elsewhere"}));
  EXPECT_FALSE(run(write("plain.c", "int x;\n"), {"-isystem=/in-the-sysroot"}));
  EXPECT_FALSE(run(directory_ / "not_there.c"));
}

TEST_F(scan, constants_in_the_headers_of_libbpf_are_not_the_source_s) {
  write("include/bpf/bpf_core_read.h", "#define READ(a) FIELD_##a(SIGNED)\n");
  const auto found = run(write("a.c", "#include <bpf/bpf_core_read.h>\nint a = USED;\n"));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->contains("checked SIGNED"));
  EXPECT_TRUE(found->contains("SIGNED"));
  EXPECT_TRUE(found->contains("USED"));
  EXPECT_FALSE(found->contains("checked USED"));
}

TEST_F(scan, pasting_in_the_headers_of_libbpf_is_harmless) {
  write("include/bpf/bpf_tracing.h", "#define concat(a, b) a ## b\n");
  EXPECT_TRUE(run(write("a.c", "#include <bpf/bpf_tracing.h>\n")));
  fs::create_directories(directory_ / "include/ebpfkit");
  write("include/ebpfkit/bpf_compat.h", "#define bpf_for_each(type) struct bpf_iter_##type it\n");
  EXPECT_TRUE(run(write("b.c", "#include <ebpfkit/bpf_compat.h>\n")));
}

TEST_F(scan, the_macro_of_libbpf_that_makes_names_of_types_is_left_to_the_preprocessor) {
  write("include/bpf/bpf_helpers.h", "#define bpf_for_each(type) struct bpf_iter_##type it\n");
  EXPECT_TRUE(run(write("a.c", "#include <bpf/bpf_helpers.h>\nbpf_for(i, 0, 5)\n")));
  EXPECT_FALSE(run(write("b.c", "#include <bpf/bpf_helpers.h>\nbpf_for_each(task)\n")));
}

TEST_F(scan, searches_directories_in_the_order_of_the_compiler) {
  for (const std::string directory : {"system", "after", "quote"}) {
    fs::create_directories(directory_ / directory);
    write(directory + "/which.h", "int " + directory + ";\n");
  }
  write("include/which.h", "int include;\n");
  const auto source = write("a.c", "#include <which.h>\n");
  const auto words_with = [&](const fs::path& file, bool has_include) {
    std::vector<std::string> flags = {"-idirafter", (directory_ / "after").string(),
                                      "-isystem" + (directory_ / "system").string(),
                                      "-iquote" + (directory_ / "quote").string()};
    if (has_include)
      flags.push_back("-I" + (directory_ / "include").string());
    return scan_source(file, "vmlinux.h", flags).value();
  };
  EXPECT_EQ(words_with(source, true),
            (identifier_set{"declared include", "declared int", "include", "int"}));
  EXPECT_EQ(words_with(source, false),
            (identifier_set{"declared int", "declared system", "int", "system"}));
  EXPECT_EQ(words_with(write("b.c", "#include \"which.h\"\n"), true),
            (identifier_set{"declared int", "declared quote", "int", "quote"}));
}

TEST_F(scan, include_next_reads_what_comes_behind) {
  fs::create_directories(directory_ / "system");
  write("include/layered.h", "#include_next <layered.h>\nint first;\n");
  write("system/layered.h", "int second;\n");
  const auto found =
      run(write("a.c", "#include <layered.h>\n"), {"-isystem" + (directory_ / "system").string()});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->contains("second"));
}

TEST_F(scan, btf_that_is_not_there_is_told_with_a_remedy) {
  compile_request request;
  request.source = write("a.bpf.c", "#include \"vmlinux.h\"\n");
  request.header = directory_ / "made" / "vmlinux.h";
  request.btf = "/nowhere/at/all.btf";
  try {
    compile_source(request);
    FAIL();
  } catch (const failure& error) {
    EXPECT_STREQ(error.what(), "cannot read '/nowhere/at/all.btf': No such file or directory");
    EXPECT_FALSE(error.remedy().empty());
  }
}

// Otherwise the key would vouch for whatever header is there.
TEST_F(scan, the_key_goes_before_a_header_is_made) {
  compile_request request;
  request.source = write("a.bpf.c", "#include \"vmlinux.h\"\n");
  request.header = directory_ / "made" / "vmlinux.h";
  request.btf = write("damaged.btf", "no BTF");
  fs::create_directories(directory_ / "made");
  write("made/vmlinux.h", "old");
  const auto key = write("made/vmlinux.h.key", "old");
  EXPECT_THROW(compile_source(request), failure);
  EXPECT_FALSE(fs::exists(key));
}

TEST_F(scan, headers_that_include_each_other_end) {
  write("include/one.h", "#include \"two.h\"\n");
  write("include/two.h", "#include \"one.h\"\n");
  EXPECT_TRUE(run(write("a.c", "#include \"one.h\"\n")));
}

TEST(depfile, relative_paths_become_absolute) {
  EXPECT_EQ(absolute_depfile("out.o: a.c \\\n  /usr/b.h sub/c\\ d.h\n", "/x y/out.o", "/w z"),
            "/x\\ y/out.o: \\\n  /w\\ z/a.c \\\n  /usr/b.h \\\n  /w\\ z/sub/c\\ d.h\n");
}

TEST(depfile, an_empty_or_broken_one_names_nothing) {
  EXPECT_EQ(absolute_depfile("", "t", "/"), "t:\n");
  EXPECT_EQ(absolute_depfile("no colon", "t", "/"), "t:\n");
  EXPECT_EQ(absolute_depfile("t: \\", "t", "/d"), "t: \\\n  /d/\\\n");
}

}  // namespace
