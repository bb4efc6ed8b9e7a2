// What the object and its sources add to the explanation of a program that is not loaded.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "load_test/instruction_places.hpp"
#include "load_test/load_explainer.hpp"
#include "load_test/load_results.hpp"
#include "runtime/errors/explanation.hpp"
#include "skeleton_support.hpp"

namespace ebpfkit::host {
namespace {

using testing::HasSubstr;

constexpr std::string_view wrong_source = R"(
#define section(name) __attribute__((section(name), used))
extern int kernel_add(int number) section(".ksyms");
extern int kernel_sub(int number) section(".ksyms");
extern int kernel_new(int number) section(".ksyms") __attribute__((weak));
extern int bpf_xdp_metadata_hash(void *context) section(".ksyms");

struct {
  int (*type)[27];
  int (*max_entries)[100];
} events section(".maps");

/* A const limit. */
static inline int unlike(const int limit) {
  const int other = limit;
  return other;
}
int not_const_limit;
const volatile int limit = 1;

section("tc") int calls(void *context) {
  kernel_sub(3);
  return kernel_add(4);
}

section("xdp") int hash(void *context) {
  kernel_add(1);
  return bpf_xdp_metadata_hash(context);
}

section("xdp") int weak(void *context) {
  return kernel_new(1);
}

section("fentry/do_nothing") int writes(void *context) {
  *(volatile int *)&limit = 2;
  return not_const_limit;
}

char LICENSE[] section("license") = "GPL";
)";

struct load_explanations : testing::Test {
  load_explanations() : explainer({work.path()}) {
    object = test::compile_bpf(work, "wrong", wrong_source);
    explainer.add_object("wrong", object);
  }

  program_result refused(std::string_view program, std::string_view verifier_log,
                         std::string_view libbpf_log, int error) const {
    program_result result;
    result.object = "wrong";
    result.program = program;
    result.outcome = load_outcome::rejected;
    result.error = error;
    result.verifier_log = verifier_log;
    result.libbpf_log = libbpf_log;
    return result;
  }

  test::work_directory work;
  std::filesystem::path object;
  load_explainer explainer;
};

TEST_F(load_explanations, kernel_functions_that_a_program_calls) {
  const instruction_places places(object);
  std::vector<std::string> names;
  for (const auto& call : places.find_kernel_calls())
    names.push_back(call.function + (call.is_weak ? " weak" : ""));
  EXPECT_THAT(names, testing::ElementsAre("kernel_sub", "kernel_add", "bpf_xdp_metadata_hash",
                                          "kernel_new weak"));
  const auto calls = places.find_kernel_calls("calls");
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].function, "kernel_sub");
  EXPECT_EQ(calls[0].place.text, "kernel_sub(3);");
  EXPECT_TRUE(places.find_kernel_calls("no_such_program").empty());
}

// The log of the kernel does not name the function.
TEST_F(load_explanations, a_kernel_function_that_is_not_allowed) {
  const auto explained = explainer.explain(
      refused("hash", "metadata kfuncs require device-bound program\n", "", EINVAL));
  EXPECT_EQ(explained.figures, "The program calls bpf_xdp_metadata_hash().");
  EXPECT_EQ(explained.source.text, "return bpf_xdp_metadata_hash(context);");
}

// All programs of the object get the same explanation, which has all functions.
TEST_F(load_explanations, a_kernel_function_that_is_missing) {
  constexpr std::string_view message =
      "libbpf: extern (func ksym) 'kernel_add': not found in kernel or module BTFs\n";
  std::vector<std::string> texts;
  for (const auto* program : {"calls", "weak", "writes"}) {
    const auto explained = explainer.explain(refused(program, "", message, EINVAL));
    EXPECT_EQ(explained.source.text, "return kernel_add(4);") << program;
    EXPECT_THAT(explained.figures, HasSubstr("The object calls 3 functions of the kernel"));
    EXPECT_THAT(explained.figures, HasSubstr("kernel_sub() ("));
    EXPECT_THAT(explained.figures, testing::Not(HasSubstr("kernel_new")));
    texts.push_back(explainer.text(explained, ""));
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(texts[0], texts[2]);
}

TEST_F(load_explanations, the_constant_that_is_written) {
  const auto explained = explainer.explain(refused("writes",
                                                   R"(; *(volatile int *)&limit = 2;
0: (18) r1 = 0xffffc900008d8000       ; R1_w=map_value(off=0,ks=4,vs=4,imm=0)
2: (b4) w2 = 2                        ; R2_w=2
3: (63) *(u32 *)(r1 +0) = r2
write into map forbidden, value_size=4 off=0 size=4
)",
                                                   "", EACCES));
  EXPECT_THAT(explained.figures, HasSubstr("bytes 0 to 3 of memory that it may only read. It is "
                                           "that of the variable 'limit', which is declared "
                                           "const: "));
  EXPECT_THAT(explained.figures, HasSubstr(", const volatile int limit = 1;"));
}

TEST_F(load_explanations, a_program_that_the_verifier_did_not_see) {
  const auto explained = explainer.explain(
      refused("writes", "",
              "libbpf: prog 'writes': BPF program load failed: Operation not permitted\n", EPERM));
  // The program's first line, where the source has no SEC().
  EXPECT_NE(explained.source.line, 0U);
  const auto no_program = explainer.explain(
      refused("writes", "", "libbpf: Error in bpf_object__probe_loading(): ...\n", EPERM));
  EXPECT_EQ(no_program.source.line, 0U);
}

TEST_F(load_explanations, the_whole_definition_of_a_map) {
  const auto path = work.write("map.bpf.c",
                               "int before;\nstruct {\n  __uint(type, BPF_MAP_TYPE_HASH);\n"
                               "  __uint(max_entries, 8);\n  __uint(key_size, 4);\n"
                               "  __uint(value_size, 4);\n} counts SEC(\".maps\");\nint after;\n");
  const source_place place{path.string(), 7, "} counts SEC(\".maps\");"};
  EXPECT_EQ(lines_of_definition(place, {}), 5U);
  EXPECT_EQ(lines_of_definition({path.string(), 1, "int before;"}, {}), 0U);
  detail::explanation explained;
  explained.source = {place.text, place.file, place.line};
  const auto text = explainer.text(explained, "");
  EXPECT_THAT(text, HasSubstr("3 |   __uint(type, BPF_MAP_TYPE_HASH);"));
  EXPECT_THAT(text, HasSubstr("> 7 | } counts SEC(\".maps\");"));
  EXPECT_THAT(text, testing::Not(HasSubstr("int before;")));
}

}  // namespace
}  // namespace ebpfkit::host
