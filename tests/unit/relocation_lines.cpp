// The line of the source that a CO-RE relocation belongs to.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "relocation/source_lines.hpp"
#include "relocation/source_statements.hpp"
#include "skeleton_support.hpp"
#include "temporary_directory.hpp"

namespace ebpfkit::host {
namespace {

constexpr std::string_view lines_source = R"(
typedef unsigned int __u32;
typedef unsigned long __u64;
#define offset_of(path) __builtin_preserve_access_index(&(path))
#define READ(into, from, member) probe(&into, sizeof(into), offset_of((from)->member))
static long (*probe)(void *into, __u32 size, const void *from) = (void *)113;

struct memory {
  __u64 start;
  __u64 end;
};
struct task {
  int pid;
  int tgid;
  struct task *parent;
  struct memory *memory;
  char name[16];
};

struct first {
  int a, pid;
};
struct second {
  int a, b, pid;
};
struct third {
  int a, b, c, pid;
};

struct found {
  int pid, parent_pid, grand_pid, tgid;
  __u64 start, end;
} found;

static inline __attribute__((always_inline)) struct task *parent_of(struct task *task) {
  struct task *parent = 0;
  READ(parent, task, parent);
  return parent;
}

static inline __attribute__((always_inline)) int sum(struct task *task) {
  int all = 0, pid = 0;
  for (int i = 0; i < 4; ++i) {
    READ(task, task, parent);
    READ(pid, task, pid);
    all += pid;
  }
  return all;
}

__attribute__((section("raw_tp/one"), used)) int statements(struct task **context) {
  struct task *task = context[0];
  struct memory *memory;
  if (!task)
    return 0;
  READ(found.pid, task, pid);
  READ(found.tgid, task, tgid);
  READ(memory, task, memory);
  READ(found.start, memory, start);
  READ(found.end, memory, end);
  if (__builtin_preserve_field_info(task->name, 2))
    found.grand_pid = 1;
  return 0;
}

__attribute__((section("raw_tp/two"), used)) int same_member(void **context) {
  struct first *one = context[0];
  struct second *two = context[1];
  struct third *three = context[2];
  READ(found.pid, one, pid);
  READ(found.parent_pid, two, pid);
  READ(found.grand_pid, three, pid);
  return 0;
}

__attribute__((section("raw_tp/four"), used)) int several_lines(struct task **context) {
  struct task *task = context[0];
  struct memory *memory;
  READ(found.pid, task, pid);
  READ(found.tgid,
       task,  // (
       tgid);
  READ(memory, task,
       memory);
  READ(found.start, memory, start);
  if (!memory)
    return 0;
  READ(found.end,
       memory, end);
  return 0;
}

__attribute__((section("raw_tp/three"), used)) int chains(struct task **context) {
  READ(found.pid, parent_of(parent_of(context[0])), pid);
  READ(found.tgid, parent_of(context[1]), tgid);
  return sum(context[2]);
}

char LICENSE[] __attribute__((section("license"), used)) = "GPL";
)";

// The member that the relocation reads, of "struct task::pid".
std::string member_of(const program_object& object, const core_relocation& relocation) {
  const auto access = access_text(object, relocation);
  return access.substr(access.find_last_of(":.") + 1);
}

struct relocation_lines : testing::Test {
  std::vector<core_relocation> of(const program_object& object, std::string_view program) {
    std::vector<core_relocation> found;
    for (const auto& relocation : object.relocations())
      if (relocation.program == program)
        found.push_back(relocation);
    return found;
  }

  test::work_directory work;
};

TEST_F(relocation_lines, each_line_has_the_member_that_is_read) {
  const program_object object(test::compile_bpf(work, "lines", lines_source));
  for (const std::string_view program : {"statements", "chains"}) {
    const auto relocations = of(object, program);
    EXPECT_GE(relocations.size(), 5U) << program;
    for (const auto& relocation : relocations)
      EXPECT_TRUE(reads_word(relocation.position.text.raw(), member_of(object, relocation)))
          << program << " at instruction " << relocation.program_instruction << ": "
          << access_text(object, relocation) << " in line " << relocation.position.line << ": "
          << relocation.position.text.shown();
  }
}

TEST_F(relocation_lines, several_lines_that_read_one_member_are_told_apart) {
  const program_object object(test::compile_bpf(work, "lines", lines_source));
  const auto relocations = of(object, "same_member");
  ASSERT_EQ(relocations.size(), 3U);
  EXPECT_EQ(relocations[0].position.text, "READ(found.pid, one, pid);");
  EXPECT_EQ(relocations[1].position.text, "READ(found.parent_pid, two, pid);");
  EXPECT_EQ(relocations[2].position.text, "READ(found.grand_pid, three, pid);");
}

// clang has one line for a statement. The source has the others.
TEST_F(relocation_lines, statements_may_take_several_lines) {
  const program_object object(test::compile_bpf(work, "lines", lines_source));
  const auto relocations = of(object, "several_lines");
  ASSERT_EQ(relocations.size(), 5U);
  EXPECT_EQ(relocations[0].position.text, "READ(found.pid, task, pid);");
  EXPECT_EQ(relocations[1].position.text, "READ(found.tgid,");
  EXPECT_EQ(relocations[2].position.text, "READ(memory, task,");
  EXPECT_EQ(relocations[3].position.text, "READ(found.start, memory, start);");
  EXPECT_EQ(relocations[4].position.text, "READ(found.end,");
}

TEST_F(relocation_lines, words_are_whole_identifiers) {
  EXPECT_TRUE(reads_word("a = task->pid + tgid;", "pid"));
  EXPECT_TRUE(reads_word("pid", "pid"));
  EXPECT_FALSE(reads_word("mypid pid2 pid_t", "pid"));
  EXPECT_FALSE(reads_word("anything", ""));
  EXPECT_TRUE(reads_word("use(struct task, pid)", "task"));
  EXPECT_FALSE(reads_word("int pid;", "pid"));
  EXPECT_FALSE(reads_word("struct task *parent = 0;", "parent"));
}

// Records by hand: text 1 is "a(one);", text 9 "b(two);", text 17 "././x//y.c".
struct own_lines {
  static constexpr std::string_view words{"\0a(one);\0b(two);\0././x//y.c\0", 28};

  std::vector<std::uint8_t> btf() const {
    std::vector<std::uint8_t> bytes{
        0x9f, 0xeb, 1, 0, 24, 0, 0,
        0,    0,    0, 0, 0,  0, 0,
        0,    0,    0, 0, 0,  0, static_cast<std::uint8_t>(words.size()),
        0,    0,    0};
    bytes.insert(bytes.end(), words.begin(), words.end());
    return bytes;
  }
};

TEST(source_lines, records_of_other_functions_do_not_count) {
  const auto btf = own_lines().btf();
  const btf_text text(btf);
  source_lines lines({{0, 17, 1, 1, 0}, {16, 17, 9, 2, 0}}, text);
  // The next record belongs to the next function.
  EXPECT_EQ(lines.find(8, {0, 16}, "two").line, 1U);
  EXPECT_EQ(lines.find(8, {0, 32}, "two").line, 2U);
  EXPECT_EQ(lines.find(16, {16, 32}, "one").line, 2U);
  // No record before the instruction is the function's own.
  EXPECT_EQ(lines.find(16, {20, 32}, "one").line, 0U);
  EXPECT_EQ(lines.find(8, {0, 32}, "").line, 1U);
  EXPECT_EQ(lines.find(8, {0, 32}, "one").file, "x//y.c");
}

TEST(source_lines, without_records_there_is_no_line) {
  const auto btf = own_lines().btf();
  const btf_text text(btf);
  source_lines lines({}, text);
  EXPECT_EQ(lines.find(8, {0, 16}, "two").line, 0U);
}

TEST(source_statements, end_where_nothing_is_open) {
  const ebpfkit::test::temporary_directory directory;
  directory.write("one.c",
                  "a = read(task,\n         \"(\", pid);\nif (a)\n  return b;\nb =\n  c;\n");
  source_statements statements(std::vector<std::filesystem::path>{directory.path()});
  EXPECT_EQ(statements.statement("one.c", 1, "a = read(task,"), "a = read(task, \"(\", pid);");
  EXPECT_EQ(statements.statement("one.c", 3, "if (a)"), "if (a)");
  EXPECT_EQ(statements.statement("one.c", 5, "b ="), "b = c;");
}

TEST(source_statements, a_source_that_has_changed_does_not_count) {
  const ebpfkit::test::temporary_directory directory;
  directory.write("one.c", "a = read(task,\n         pid);\n");
  source_statements statements(std::vector<std::filesystem::path>{directory.path()});
  EXPECT_EQ(statements.statement("one.c", 1, "b = read(task,"), "b = read(task,");
  EXPECT_EQ(statements.statement("one.c", 9, "a = read(task,"), "a = read(task,");
  EXPECT_EQ(statements.statement("none.c", 1, "a = read(task,"), "a = read(task,");
  EXPECT_EQ(statements.statement("one.c", 0, "a = read(task,"), "a = read(task,");
}

}  // namespace
}  // namespace ebpfkit::host
