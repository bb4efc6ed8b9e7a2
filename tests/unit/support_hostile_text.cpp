// Text of strangers on its ways out: to the terminal, and into sources in C, C++ and assembly. The
// sources are compiled and run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skeleton_support.hpp"
#include "support/assembly.hpp"
#include "support/process.hpp"
#include "support/source_text.hpp"
#include "support/terminal.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {
namespace {

using test::complaint_of;
using test::work_directory;

// Texts that mean something to some reader of them, and random ones.
std::vector<std::string> hostile_texts() {
  std::vector<std::string> texts{
      "\"; system(\"id\"); //",
      "*/ int main() { /*",
      "line\nbreak",
      "return\rto the begin",
      "backslash\\",
      "\\",
      "trigraph ?\?/",
      "?\?=define",
      "%s%n{}{0}",
      "${HOME} $(id) `id` ;",
      "\x1b[2J\x1b]0;title\x07",
      "\x9b"
      "31m",
      "\xc2\x9b"
      "31m",
      "\xe2\x80\xae"
      "txt.exe",
      "\xe2\x81\xa6 isolate \xe2\x81\xa9",
      "\xff\xfe\x80",
      "\xc0\xaf overlong",
      "\xed\xa0\x80 surrogate",
      "\xf4\x90\x80\x80 beyond",
      "cut \xe2\x80",
      "R\"( )\"",
      "1\x7f"
      "2",
      "\001"
      "23",
      std::string("a\0b", 3),
      "#include <nothing>",
      "\t tab",
  };
  std::mt19937 random(20);
  for (int i = 0; i < 200; ++i) {
    std::string text(1 + random() % 40, ' ');
    for (auto& c : text)
      c = static_cast<char>(random() % 3 == 0 ? random() : ' ' + random() % 95);
    texts.push_back(std::move(text));
  }
  return texts;
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

TEST(terminal, readable_text_stays) {
  for (const std::string_view text :
       {"plain", "two\nlines\t\n", "/tmp/\xc3\xa9t\xc3\xa9/\xe6\x97\xa5\xe6\x9c\xac",
        "\xf0\x9f\x90\x9d", ""})
    EXPECT_EQ(for_terminal(text), text);
}

TEST(terminal, commands_are_shown) {
  EXPECT_EQ(for_terminal("\x1b[31m\x07"), "\\x1b[31m\\x07");
  EXPECT_EQ(for_terminal("\xc2\x9b"
                         "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(for_terminal("a\xe2\x80\xae"
                         "b"),
            "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(for_terminal("a\rb\x7f"), "a\\x0db\\x7f");
  EXPECT_EQ(for_terminal("\xc0\xaf\xff"), "\\xc0\\xaf\\xff");
  EXPECT_EQ(for_terminal(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(terminal, only_colours_are_kept) {
  const auto kept = [](std::string_view text) { return for_terminal(text, colours::kept); };
  EXPECT_EQ(kept("\x1b[1;31mred\x1b[0m\x1b[K"), "\x1b[1;31mred\x1b[0m\x1b[K");
  EXPECT_EQ(kept("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(kept("\x1b[31"), "\\x1b[31");
  EXPECT_EQ(kept("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
}

// Parts of a long text are written one after the other.
TEST(terminal, long_text_is_whole) {
  const work_directory work;
  std::string text;
  for (int i = 0; i < 30000; ++i)
    text += fmt::format("{} \xc3\xa9\x1b[31m{}", i, i % 7 == 0 ? "\n" : "");
  text += std::string(200000, 'x') + "\nend";
  const auto path = work.path() / "output";
  auto* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  write_to_terminal(file, text);
  write_to_terminal(file, "");
  std::fclose(file);
  EXPECT_EQ(test::read_text(path), for_terminal(text));
}

// What is shown has nothing to show a second time.
TEST(terminal, shown_text_is_safe) {
  for (const auto& text : hostile_texts()) {
    const auto shown = for_terminal(text);
    EXPECT_EQ(for_terminal(shown), shown);
    EXPECT_TRUE(std::ranges::none_of(shown, [](char c) {
      return (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == 127;
    })) << shown;
    EXPECT_TRUE(is_plain(untrusted_text(text).shown()));
  }
}

TEST(untrusted_text, is_compared_and_shown) {
  const untrusted_text name("a\n");
  EXPECT_EQ(name.raw(), "a\n");
  EXPECT_EQ(name.shown(), "a\\x0a");
  EXPECT_EQ(untrusted_text("abc").shown(2), "ab...");
  EXPECT_TRUE(name == "a\n");
  EXPECT_TRUE(untrusted_text("a") < untrusted_text("b"));
}

// The program prints nothing and succeeds when each literal has the bytes of its text.
TEST(source_text, literals_have_the_bytes_of_their_texts) {
  const work_directory work;
  std::string source = "#include <string.h>\nint main(void) {\n";
  const auto texts = hostile_texts();
  for (std::size_t number = 0; number < texts.size(); ++number) {
    const auto literal = c_string_literal(texts[number]);
    EXPECT_TRUE(is_plain(literal));
    std::string bytes;
    for (const char c : texts[number])
      bytes += fmt::format("{}, ", static_cast<unsigned>(static_cast<unsigned char>(c)));
    source += fmt::format(
        "  {{\n    static const unsigned char bytes[] = {{{}0}};\n"
        "    static const char text[] = {};\n"
        "    if (sizeof(text) != sizeof(bytes) || memcmp(text, bytes, sizeof(bytes)) != 0)\n"
        "      return 1;\n  }}\n",
        bytes, literal);
  }
  source += "  return 0;\n}\n";
  const auto program = (work.path() / "program").string();
  for (const auto& compiler : test::compilers()) {
    for (const std::string language : {"c", "c++"}) {
      const auto file = work.write("literals." + language, source).string();
      ASSERT_EQ(complaint_of({test::compiler_for(compiler, language), "-x", language, "-trigraphs",
                              "-Wall", "-Werror", file, "-o", program}),
                "");
      EXPECT_EQ(complaint_of({program}), "") << compiler << " " << language;
    }
  }
}

// A comment that ends early does not compile. One that goes on takes the line behind it away.
TEST(source_text, comments_stay_comments) {
  const work_directory work;
  std::string source = "int main(void) {\n  int lines = 0;\n  long sizes = 0;\n";
  const auto texts = hostile_texts();
  for (const auto& text : texts) {
    const auto line = line_comment("text", text);
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    EXPECT_TRUE(is_plain(line.substr(0, line.size() - 1))) << line;
    source += line + "  ++lines;\n";
    source += fmt::format("  sizes += sizeof(\"{}\") - sizeof(\"{}\");\n", plain_text(text),
                          std::string(text.size(), 'x'));
  }
  source += fmt::format("  return lines != {} || sizes != 0;\n}}\n", texts.size());
  const auto program = (work.path() / "program").string();
  for (const auto& compiler : test::compilers()) {
    const auto file = work.write("comments.c", source).string();
    ASSERT_EQ(complaint_of({test::compiler_for(compiler, "c"), "-std=c17", "-Wall", "-Werror",
                            "-Wno-trigraphs", file, "-o", program}),
              "");
    EXPECT_EQ(complaint_of({program}), "") << compiler;
  }
  EXPECT_EQ(line_comment("text", ""), "");
}

// The path of an object becomes text of the assembler within a literal of C.
TEST(source_text, paths_in_assembly_lead_to_their_files) {
  const work_directory work;
  const std::string content = "the bytes";
  const auto program = (work.path() / "program").string();
  for (const auto& text : hostile_texts()) {
    // One in eight: each is a process of the compiler.
    if (std::hash<std::string>()(text) % 8 != 0 && text.size() > 2)
      continue;
    auto name = text;
    std::ranges::replace(name, '/', '_');
    std::ranges::replace(name, '\0', '_');
    if (name == "." || name == "..")
      continue;
    const auto path = work.write(name, content);
    const auto source = work.write(
        "place.c",
        fmt::format("#include <string.h>\nextern const unsigned char place[];\n"
                    "int main(void) {{ return memcmp(place, \"{}\", {}); }}\n",
                    content, content.size()) +
            assembly_with_file("place", path, content.size(), embedded_kind::bpf_object, "place"));
    ASSERT_EQ(complaint_of(
                  {test::compiler_for("g++", "c"), "-trigraphs", source.string(), "-o", program}),
              "")
        << untrusted_text(text).shown();
    EXPECT_EQ(complaint_of({program}), "") << untrusted_text(text).shown();
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace ebpfkit::host
