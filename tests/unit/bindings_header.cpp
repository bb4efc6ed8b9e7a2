#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/btf_writer.hpp"
#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/decl_tags.hpp"
#include "btf_builder.hpp"
#include "input/btf_input.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using testing::HasSubstr;
using testing::Not;

std::string header_of(const type_graph& graph, std::vector<std::string> types) {
  type_request request;
  request.whole = types.empty();
  request.types = std::move(types);
  return write_c_header(graph, select_types(graph, request, "test"), {});
}

TEST(c_header, frame) {
  const type_graph graph(test::sample_btf());
  type_request request;
  request.types = {"node"};
  const auto header = write_c_header(graph, select_types(graph, request, "test"),
                                     {"a \\\nlabel", "6.1.0", "0123", "node"});
  EXPECT_THAT(header, testing::StartsWith("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n"));
  EXPECT_THAT(header, HasSubstr("// Source: a __label\n// Kernel release: 6.1.0\n"
                                "// SHA-256 of the BTF: 0123\n// Asked for: node\n"));
  EXPECT_THAT(header, HasSubstr("#pragma clang attribute push(__attribute__(("
                                "preserve_access_index)), apply_to = record)"));
  EXPECT_THAT(header, HasSubstr("#pragma clang attribute pop"));
  EXPECT_THAT(header, HasSubstr("typedef unsigned int __u32;\n"));
}

TEST(c_header, declarations_have_their_keyword) {
  btf_builder btf;
  btf.record("holder", 16,
             {{"a", btf.pointer(btf.forward("one")), 0},
              {"b", btf.pointer(btf.forward("either", true)), 64}});
  const auto header = header_of(type_graph(btf.bytes()), {"holder"});
  EXPECT_THAT(header, HasSubstr("struct one;"));
  EXPECT_THAT(header, HasSubstr("union either;"));
  EXPECT_THAT(header, HasSubstr("\tstruct one *a;"));
  EXPECT_THAT(header, HasSubstr("\tunion either *b;"));
}

TEST(c_header, no_attributes_where_there_are_no_records) {
  btf_builder btf;
  btf.enumeration("color", {{"RED", 1}});
  const type_graph graph(btf.bytes());
  EXPECT_THAT(header_of(graph, {"color"}), Not(HasSubstr("#pragma")));

  type_request request;
  request.types = {"color"};
  header_origin origin;
  origin.fixed_layout = "color.h";
  const auto fixed = write_c_header(graph, select_types(graph, request, "test"), origin);
  EXPECT_THAT(fixed, HasSubstr("The offsets hold for: color.h\n"));
  EXPECT_THAT(fixed, Not(HasSubstr("#pragma")));
}

TEST(c_header, keywords_of_c23_are_defined_for_older_c_only) {
  btf_builder btf;
  const auto boolean = btf.integer("_Bool", 1);
  btf.type_definition("bool", boolean);
  btf.enumeration({}, {{"false", 0}, {"true", 1}});
  btf.enumeration("answer", {{"NO", 0}, {"YES", 1}});
  const type_graph graph(btf.bytes());
  const auto header = header_of(graph, {});
  EXPECT_THAT(header, HasSubstr("#if !(defined(true) || (defined(__STDC_VERSION__) && "));
  EXPECT_THAT(header, HasSubstr("\nenum {\n\tfalse = 0,\n\ttrue = 1,\n};\n#endif\n"));
  EXPECT_THAT(header, HasSubstr("\ntypedef _Bool bool;\n#endif\n"));
  EXPECT_THAT(header, HasSubstr("\n\nenum answer {\n"));
  const auto path = std::filesystem::path(testing::TempDir()) / "keywords_of_c23.c";
  for (const char* before : {"", "#include <stdbool.h>\n"}) {
    write_output(path, before + header + "bool is_set = true, is_unset = false;\n",
                 unchanged::keep);
    for (const char* standard : {"-std=gnu89", "-std=gnu11", "-std=gnu2x"}) {
      const auto compiled = run_process({"clang", "--target=bpf", standard, "-Wundef", "-Werror",
                                         "-fsyntax-only", path.string()});
      EXPECT_EQ(compiled.exit_status, 0) << standard << compiled.errors << header;
    }
  }
}

TEST(c_header, kernel_functions_are_declared_behind_their_types) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto task = btf.record("task", 4, {{"pid", integer, 0}});
  const auto task_of = btf.function("task_of", btf.prototype(btf.pointer(task), {{"pid", integer}}),
                                    symbol_linkage::local);
  const auto lock = btf.function("lock", btf.prototype(0, {}), symbol_linkage::local);
  for (const auto function : {task_of, lock})
    btf.add("bpf_kfunc", type_kind::declaration_tag, 0, false, function, {0xffffffff});
  const type_graph graph(btf.bytes());
  constexpr std::string_view task_prototype =
      "\nextern struct task *task_of(int pid) __weak __ksym;\n";
  constexpr std::string_view lock_prototype = "\nextern void lock(void) __weak __ksym;\n";

  const auto whole = header_of(graph, {});
  const auto at = whole.find(task_prototype);
  ASSERT_NE(at, std::string::npos) << whole;
  EXPECT_LT(whole.find("struct task {"), at);
  EXPECT_LT(whole.find("#ifndef BPF_NO_KFUNC_PROTOTYPES"), at);
  EXPECT_THAT(whole, HasSubstr(lock_prototype));

  const auto asked = header_of(graph, {"task_of"});
  EXPECT_THAT(asked, HasSubstr("\nstruct task;\n"));
  EXPECT_THAT(asked, HasSubstr(task_prototype));
  EXPECT_THAT(asked, Not(HasSubstr("lock")));
  EXPECT_THAT(header_of(graph, {"task"}), Not(HasSubstr("__ksym")));
}

TEST(c_header, the_tag_of_many_headers_stays_a_name_that_btf_may_have) {
  btf_builder btf;
  const auto number = btf.integer("int", 4, true);
  btf.record("point", 4, {{"x", number, 0}});
  const type_graph graph(btf.bytes());
  type_request request;
  request.types = {"point"};
  header_origin origin;
  origin.fixed_layout = std::string(10'000, 'h');
  const auto header = write_c_header(graph, select_types(graph, request, "test"), origin);
  const auto begin = header.find(fixed_layout_tag);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_LT(header.find('"', begin) - begin, longest_btf_name);
}

TEST(c_header, unions_without_all_their_members_have_their_size) {
  btf_builder btf;
  const auto number = btf.integer("int", 4, true);
  const auto empty = btf.record({}, 8, {}, type_kind::union_type);
  btf.type_definition("transparent", empty);
  btf.record("large", 16, {{"small", number, 0}}, type_kind::union_type);
  btf.record("usual", 4, {{"small", number, 0}}, type_kind::union_type);
  const type_graph graph(btf.bytes());
  const auto header = header_of(graph, {"transparent", "large", "usual"});
  EXPECT_THAT(header, HasSubstr("union usual {\n\tint small;\n};"));
  const auto path = std::filesystem::path(testing::TempDir()) / "unions.c";
  write_output(path,
               header +
                   "_Static_assert(sizeof(transparent) == 8, \"\");\n"
                   "_Static_assert(sizeof(union large) == 16, \"\");\n",
               unchanged::keep);
  const auto compiled = run_process({"clang", "--target=bpf", "-fsyntax-only", path.string()});
  EXPECT_EQ(compiled.exit_status, 0) << compiled.errors << header;
}

// As on x86: the kernel's va_list is struct __va_list_tag[1], and BPF's va_list is a pointer.
TEST(c_header, an_argument_list_in_a_record_is_that_of_the_kernel) {
  btf_builder btf;
  const auto number = btf.integer("unsigned int", 4);
  const auto pointer = btf.pointer(0);
  const auto tag = btf.record("__va_list_tag", 24,
                              {{"gp_offset", number, 0},
                               {"fp_offset", number, 32},
                               {"overflow_arg_area", pointer, 64},
                               {"reg_save_area", pointer, 128}});
  const auto own = btf.type_definition("__builtin_va_list", btf.array(tag, 1));
  const auto list = btf.type_definition("va_list", own);
  btf.record("warn_args", 32, {{"fmt", pointer, 0}, {"args", list, 64}});
  const type_graph graph(btf.bytes());
  EXPECT_THAT(header_of(graph, {"warn_args"}), HasSubstr("\tstruct __va_list_tag args[1];\n"));
  EXPECT_THAT(header_of(graph, {"warn_args.args"}), HasSubstr("\tstruct __va_list_tag args[1];\n"));
  EXPECT_THAT(header_of(graph, {"va_list"}), HasSubstr("typedef __builtin_va_list va_list;\n"));
}

TEST(c_header, only_what_is_asked_for) {
  const type_graph graph(test::sample_btf());
  const auto header = header_of(graph, {"node"});
  EXPECT_THAT(header, HasSubstr("struct node {\n\tstruct node *next;\n\tchar name[16];\n"));
  EXPECT_THAT(header, HasSubstr("int low: 3;\n"));
  EXPECT_THAT(header, Not(HasSubstr("RED")));
}

TEST(c_header, enumerators_of_64_bits_keep_their_values) {
  btf_builder btf;
  btf.enumeration64("big", {{"HUGE", 0x123456789abcdef0}, {"ALL", ~0ULL}});
  btf.enumeration64("negative", {{"MINUS", ~0ULL}}, true);
  const type_graph graph(btf.bytes());
  const auto header = header_of(graph, {});
  EXPECT_THAT(header, HasSubstr("HUGE = 1311768467463790320ULL,"));
  EXPECT_THAT(header, HasSubstr("ALL = 18446744073709551615ULL,"));
  EXPECT_THAT(header, HasSubstr("MINUS = -1LL,"));
}

TEST(c_header, types_of_one_name_are_told_apart) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  btf.record("twin", 4, {{"a", integer, 0}});
  btf.record("twin", 4, {{"b", integer, 0}});
  const type_graph graph(btf.bytes());
  const auto header = header_of(graph, {"twin"});
  EXPECT_THAT(header, HasSubstr("struct twin {\n\tint a;\n};"));
  EXPECT_THAT(header, HasSubstr("struct twin___2 {\n\tint b;\n};"));
}

TEST(c_header, a_declaration_does_not_clash_with_a_definition_of_another_kind) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto structure = btf.record("clash", 4, {{"a", integer, 0}});
  const auto other = btf.record("clash", 4, {{"b", integer, 0}}, type_kind::union_type);
  const auto to_other = btf.pointer(other);
  btf.record("user", 16, {{"value", structure, 0}, {"pointer", to_other, 64}});
  const type_graph graph(btf.bytes());
  const auto header = header_of(graph, {"user"});
  EXPECT_THAT(header, HasSubstr("struct clash {"));
  EXPECT_THAT(header, HasSubstr("union clash___union *pointer;"));
}

TEST(c_header, long_of_a_32_bit_kernel_is_int_on_bpf) {
  btf_builder btf(std::endian::big);
  const auto number = btf.integer("long unsigned int", 4);
  const auto foreign = btf.integer("usize", 8);
  btf.record("numbers", 16, {{"a", number, 0}, {"b", number, 32}, {"c", foreign, 64}});
  const type_graph graph(btf.bytes());
  EXPECT_THAT(header_of(graph, {"numbers"}),
              HasSubstr("\tunsigned int a;\n\tunsigned int b;\n\tunsigned long long c;\n"));
}

// A pointer of 4 bytes lies behind the tag without padding. One of 8 bytes could only lie there in
// a packed record.
TEST(c_header, pointers_of_a_32_bit_kernel_have_their_place) {
  btf_builder btf;
  btf.integer("long unsigned int", 4);
  const auto tag = btf.integer("char", 1, true);
  const auto pointer = btf.pointer(0);
  btf.record("tagged", 8, {{"tag", tag, 0}, {"place", pointer, 32}});
  const type_graph graph(btf.bytes());
  ASSERT_EQ(graph.pointer_size(), 4U);
  EXPECT_THAT(header_of(graph, {"tagged"}),
              HasSubstr("struct tagged {\n\tchar tag;\n\tvoid *place;\n};\n"));
}

TEST(c_header, paths_give_records_with_a_guard_and_without_padding) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto letter = btf.integer("char", 1, true);
  const auto large = btf.integer("long long unsigned int", 8);
  const auto inner = btf.record("inner", 64, {{"x", integer, 0}, {"y", large, 256}});
  btf.record("outer", 128,
             {{"unused", large, 0},
              {"letter", letter, 64},
              {"low", integer, 96, 3},
              {"high", integer, 99, 20},
              {"inner", inner, 256},
              {"last", integer, 800}});
  const type_graph graph(btf.bytes());
  const auto header =
      header_of(graph, {"outer.letter", "outer.low", "outer.high", "outer.inner.y", "outer.last"});
  EXPECT_THAT(
      header,
      HasSubstr("struct inner {\n\tlong long unsigned int y;\n\tEBPFKIT_POINTERS_ONLY\n};"));
  EXPECT_THAT(
      header,
      HasSubstr("struct outer {\n\tchar letter;\n\tint low: 3;\n\tint high: 20;\n"
                "\tstruct inner inner;\n\tint last;\n\tlong: 0;\n\tEBPFKIT_POINTERS_ONLY\n};"));
}

// Runs clang for BPF over `source` and returns its BTF.
class compiled_btf : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
    try {
      if (run_process({"clang", "--target=bpf", "--version"}).exit_status == 0)
        return;
    } catch (const failure&) {
    }
    GTEST_SKIP() << "no clang that compiles for BPF";
  }

  std::filesystem::path compile(const std::string& name, const std::string& source,
                                const std::string& target = "bpfel") {
    const auto input = directory_ / (name + ".c");
    std::ofstream(input) << source;
    auto object = directory_ / (name + ".o");
    const auto result =
        run_process({"clang", "--target=" + target, "-g", "-O1", "-Wall", "-Wextra", "-Werror",
                     "-isystem", directory_.string(), "-c", input.string(), "-o", object.string()});
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return object;
  }

  std::shared_ptr<const type_graph> load(const std::filesystem::path& path) {
    return open_btf(path);
  }

  std::filesystem::path directory_;
};

constexpr const char* varied_types = R"(
struct bits { int a : 3; unsigned b : 29; unsigned long long c : 40; char d; };
struct packed { char a; int b; } __attribute__((packed));
struct inside { struct packed p; int after; };
struct tail { int count; struct bits items[]; };
typedef struct { short s; union { int i; char c[8]; }; } unnamed_t;
enum small { SMALL_A, SMALL_B = -5 };
enum large { LARGE = 0x100000000ULL };
struct all {
  struct bits bits;
  struct inside inside;
  unnamed_t unnamed;
  enum small small;
  int (*callback)(struct tail *, const unnamed_t *, ...);
  const volatile void *restrict pointer;
  char matrix[3][5];
  _Bool flag;
  struct all *next;
  struct never_defined *hidden;
} __attribute__((aligned(64)));
struct all all;
struct tail *tail;
enum large large;
)";

// Returns assertions that the compiler gives the header's records the layout that the BTF has.
std::string layout_assertions(const type_graph& graph) {
  std::string text;
  for (type_id type = 1; type < graph.type_count(); ++type) {
    if (!graph.is_record(type) || graph.name(type).empty())
      continue;
    const auto name = graph.describe(type);
    text += "_Static_assert(sizeof(" + name + ") == " + std::to_string(graph.size_of(type)) +
            ", \"" + name + "\");\n";
    for (const auto& field : graph.members(type)) {
      if (field.bitfield_size != 0 || field.name.empty())
        continue;
      text += "_Static_assert(__builtin_offsetof(" + name + ", " + std::string(field.name) +
              ") == " + std::to_string(field.bit_offset / 8) + ", \"" + name + "." +
              std::string(field.name) + "\");\n";
    }
  }
  return text;
}

TEST_F(compiled_btf, round_trip_keeps_layouts) {
  for (const std::string target : {"bpfel", "bpfeb"}) {
    const auto graph = load(compile("first_" + target, varied_types, target));
    EXPECT_EQ(graph->byte_order(), target == "bpfel" ? std::endian::little : std::endian::big);
    std::ofstream(directory_ / "vmlinux.h") << header_of(*graph, {});
    compile("second_" + target,
            "#include <vmlinux.h>\n" + layout_assertions(*graph) +
                "struct all all;\nunsigned small = SMALL_B;\n",
            target);
  }
}

TEST_F(compiled_btf, enumerators_of_64_bits_compile_right) {
  btf_builder btf;
  btf.enumeration64("large", {{"LARGE", 0x100000000}, {"ALL", ~0ULL}});
  const type_graph graph(btf.bytes());
  std::ofstream(directory_ / "vmlinux.h") << header_of(graph, {"large"});
  compile("enums",
          "#include <vmlinux.h>\n_Static_assert(LARGE == 0x100000000ULL, \"\");\n"
          "_Static_assert(ALL == ~0ULL, \"\");\n");
}

TEST_F(compiled_btf, elf_without_btf_is_named) {
  const auto object = directory_ / "plain.o";
  std::ofstream(directory_ / "plain.c") << "int x;\n";
  run_process(
      {"clang", "--target=bpf", "-c", (directory_ / "plain.c").string(), "-o", object.string()});
  try {
    open_btf(object);
    FAIL() << "accepted";
  } catch (const failure& error) {
    EXPECT_EQ(std::string(error.what()),
              "'" + object.string() + "': the ELF file has no .BTF section");
  }
}

// A truncated or damaged object gives a failure or a graph, whichever byte is damaged.
TEST_F(compiled_btf, damaged_elf_is_refused_or_read) {
  const auto object = compile("whole", "struct s { int a; struct s *next; } s;\n");
  const auto whole = read_file(object);
  const auto damaged = directory_ / "damaged.o";
  const auto attempt = [&](const std::vector<std::uint8_t>& bytes) {
    std::ofstream(damaged, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    try {
      load(damaged);
    } catch (const failure& error) {
      EXPECT_THAT(error.what(), HasSubstr("'" + damaged.string() + "': "));
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += 7)
    attempt({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  for (std::size_t position = 0; position < whole.size(); ++position) {
    auto changed = whole;
    changed[position] = static_cast<std::uint8_t>(~changed[position]);
    attempt(changed);
  }
}

TEST(open_btf, gives_what_reading_gives) {
  const std::filesystem::path kernel = "/sys/kernel/btf/vmlinux";
  if (!std::filesystem::exists(kernel))
    GTEST_SKIP() << "the running kernel has no BTF";
  const auto opened = open_btf(kernel, type_checks::on_use);
  const auto read = read_raw_btf(kernel).bytes;
  EXPECT_TRUE(std::ranges::equal(opened->bytes(), read));

  const auto copy = std::filesystem::path(testing::TempDir()) / "copy.btf";
  write_output(copy, {reinterpret_cast<const char*>(read.data()), read.size()}, unchanged::keep);
  EXPECT_FALSE(map_kernel_file(copy)) << "a file that may shrink was mapped";
  EXPECT_EQ(open_btf(copy, type_checks::at_once)->type_count(), opened->type_count());
}

TEST(open_btf, missing_file_is_named) {
  EXPECT_THROW(open_btf("/nonexistent/vmlinux"), failure);
}

}  // namespace
}  // namespace ebpfkit::host
