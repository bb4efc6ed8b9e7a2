// The generated files as text: how bpftool's text is changed, paths, hashes, errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "skeleton/skeleton.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::compile_bpf;
using test::complaint_of;
using test::work_directory;
using testing::HasSubstr;
using testing::Not;

constexpr const char* program = R"(
#define SEC(name) __attribute__((section(name), used))
struct event { int process; long time; };
struct event last;
const volatile int limit = 5;
int class = 1;
int special SEC(".data.special") = 2;
int hot SEC(".bss.hot");
struct { int (*type)[1]; int (*max_entries)[8]; int *key; struct event *value; } events SEC(".maps");
static __attribute__((noinline)) int helper(int x) { return x + limit; }
SEC("xdp") int pass(void *context) { return helper(last.process) + class; }
)";

std::string problem_of(const std::function<void()>& action) {
  try {
    action();
    return "no failure";
  } catch (const failure& problem) {
    return problem.what() + std::string("\n") + problem.remedy();
  }
}

class skeleton_files : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_command("clang") || !test::has_command("bpftool"))
      GTEST_SKIP() << "no clang or no bpftool";
  }

  // As a header that a file includes.
  void expect_compiles(const std::string& language, const std::string& header) {
    const auto path = work_.write("compiled.h", header).string();
    for (const auto& compiler : test::compilers())
      EXPECT_EQ(complaint_of({test::compiler_for(compiler, language), "-fsyntax-only", "-x",
                              language, language == "c" ? "-std=c11" : "-std=c++17",
                              "-I" + std::string(EBPFKIT_SOURCE_DIR) + "/include", "-include", path,
                              "/dev/null"}),
                "");
  }

  skeleton_request request(std::string name) { return {std::move(name), {}, {}, {}}; }

  work_directory work_;
};

TEST_F(skeleton_files, object_is_read) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  ASSERT_EQ(object.programs().size(), 1U);
  EXPECT_EQ(object.programs()[0].name, "pass");
  EXPECT_EQ(object.programs()[0].section, "xdp");
  ASSERT_EQ(object.maps().size(), 1U);
  EXPECT_EQ(object.maps()[0].name, "events");
  EXPECT_EQ(object.maps()[0].map_type, 1U);
  EXPECT_EQ(object.types().name(object.maps()[0].value), "event");
  std::vector<std::string> sections;
  for (const auto& section : object.data_sections())
    sections.push_back(section.name);
  EXPECT_THAT(sections, testing::UnorderedElementsAre(".bss", ".data", ".rodata", ".data.special",
                                                      ".bss.hot"));
}

// clang leaves some offsets to relocations. The reader takes them from the symbol table.
TEST_F(skeleton_files, unlinked_objects_of_both_byte_orders_have_offsets) {
  const auto* source = "int first = 1; int second = 2; long third = 3;";
  for (const auto* target : {"bpfel", "bpfeb"}) {
    const bpf_object_file object(compile_bpf(work_, target, source, target));
    ASSERT_EQ(object.data_sections().size(), 1U);
    const auto& section = object.data_sections()[0];
    EXPECT_EQ(section.size, 16U);
    ASSERT_EQ(section.variables.size(), 3U);
    EXPECT_EQ(section.variables[1].name, "second");
    EXPECT_EQ(section.variables[1].offset, 4U);
    EXPECT_EQ(section.variables[2].offset, 8U);
  }
}

TEST_F(skeleton_files, kconfig_is_laid_out_as_libbpf_does) {
  const bpf_object_file object(compile_bpf(work_, "kconfig", R"(
    #define KCONFIG __attribute__((section(".kconfig")))
    extern _Bool CONFIG_B KCONFIG; extern int LINUX_KERNEL_VERSION KCONFIG;
    extern char CONFIG_NAME[5] KCONFIG; extern unsigned long CONFIG_HZ KCONFIG;
    __attribute__((section("xdp"), used)) long pass(void *context) {
      return CONFIG_B + LINUX_KERNEL_VERSION + CONFIG_NAME[0] + CONFIG_HZ; })"));
  ASSERT_EQ(object.data_sections().size(), 1U);
  std::vector<std::pair<std::string, std::uint64_t>> found;
  for (const auto& variable : object.data_sections()[0].variables)
    found.emplace_back(variable.name, variable.offset);
  EXPECT_THAT(found, testing::ElementsAre(
                         testing::Pair("CONFIG_HZ", 0), testing::Pair("LINUX_KERNEL_VERSION", 8),
                         testing::Pair("CONFIG_B", 12), testing::Pair("CONFIG_NAME", 13)));
}

TEST_F(skeleton_files, c_skeleton_has_the_bytes_by_reference_and_no_path) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  const auto text =
      make_c_skeleton(object, request("watch"), "bpftool", work_.path() / "out.skel.h");
  EXPECT_THAT(text, HasSubstr("*sz = watch_ebpf_object_size;"));
  EXPECT_THAT(text, HasSubstr("#pragma GCC system_header"));
  EXPECT_THAT(text, HasSubstr("struct watch_bpf__event {"));
  EXPECT_THAT(text, HasSubstr("struct watch_bpf__event last;"));
  EXPECT_THAT(text, HasSubstr("int32_t class_;"));
  EXPECT_THAT(text, HasSubstr("} *data_special;"));
  EXPECT_THAT(text, Not(HasSubstr("\\x7f")));
  EXPECT_THAT(text, Not(HasSubstr(work_.path().string())));
  EXPECT_EQ(text,
            make_c_skeleton(object, request("watch"), "bpftool", work_.path() / "out.skel.h"));
}

TEST_F(skeleton_files, c_name_names_the_c_skeleton_and_the_object) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  auto renamed = request("watch");
  renamed.c_name = "chosen";
  const auto text = make_c_skeleton(object, renamed, "bpftool", work_.path() / "out.skel.h");
  EXPECT_THAT(text, HasSubstr("#ifndef __CHOSEN_SKEL_H__"));
  EXPECT_THAT(text, HasSubstr("struct chosen__event {"));
  EXPECT_THAT(text, HasSubstr("chosen__open(void)"));
  EXPECT_THAT(text, HasSubstr("s->name = \"chosen\";"));
  EXPECT_THAT(text, HasSubstr("*sz = watch_ebpf_object_size;"));
  EXPECT_THAT(text, Not(HasSubstr("watch_bpf")));
  const auto owner = make_cxx_skeleton(object, renamed, "ebpf");
  EXPECT_THAT(owner, HasSubstr("class [[nodiscard]] watch {"));
  EXPECT_THAT(owner, HasSubstr("\"chosen\", ::watch_ebpf_object"));
  EXPECT_THAT(make_cxx_skeleton(object, request("watch"), "ebpf"), HasSubstr("\"watch_bpf\","));
}

// bpftool gives .data.a.b and .data.a_b the same name.
TEST_F(skeleton_files, sections_of_the_same_identifier_get_different_names) {
  const bpf_object_file object(compile_bpf(work_, "sections", R"(
#define SEC(name) __attribute__((section(name), used))
int one SEC(".data.a.b") = 4;
long two SEC(".data.a_b") = 10;
int three SEC(".data.c_section") = 1;
int four SEC(".data.c") = 2;
struct { int (*type)[2]; int (*max_entries)[8]; int *key; int *value; } data_c SEC(".maps");
SEC("xdp") int pass(void *context) { return one + two + three + four; }
)"));
  name_scope scope;
  EXPECT_THAT(section_identifiers(object, scope, ""),
              testing::UnorderedElementsAre("data_a_b", "data_a_b_", "data_c", "data_c_section"));
  const auto c = make_c_skeleton(object, request("prog"), "bpftool", work_.path() / "out.skel.h");
  EXPECT_THAT(c, HasSubstr("struct prog_bpf__data_a_b {\n\t\tint32_t one;"));
  EXPECT_THAT(c, HasSubstr("struct prog_bpf__data_a_b_ {\n\t\tint64_t two;"));
  EXPECT_THAT(c, testing::ContainsRegex(
                     "name = \"[.]data[.]a[.]b\";\n.*maps[.]data_a_b;\n.*&obj->data_a_b;"));
  EXPECT_THAT(c, testing::ContainsRegex(
                     "name = \"[.]data[.]a_b\";\n.*maps[.]data_a_b_;\n.*&obj->data_a_b_;"));
  expect_compiles("c", c);
  expect_compiles("c++", c);
  expect_compiles("c++", make_cxx_skeleton(object, request("prog"), "ebpf"));
}

// Only they need the code that looks for the nearest name.
TEST_F(skeleton_files, programs_that_attach_by_btf_get_the_nearest_hook) {
  for (const auto& [section, expected] : {std::pair("fentry/do_unlinkat", true),
                                          {"?fexit.s/do_unlinkat", true},
                                          {"tp_btf/sched_switch", true},
                                          {"kprobe/do_unlinkat", false},
                                          {"struct_ops/init", false}}) {
    const bpf_object_file object(
        compile_bpf(work_, "hooks",
                    std::string("__attribute__((section(\"") + section +
                        "\"), used)) int program(void *context) { return 0; }"));
    const auto text = make_cxx_skeleton(object, request("prog"), "ebpf");
    EXPECT_EQ(text.find("missing_hook_remedy") != std::string::npos, expected) << section;
    EXPECT_EQ(text.find("prepare_struct_ops"), std::string::npos) << section;
  }
}

// libbpf makes hidden variables static. The map stays.
TEST_F(skeleton_files, sections_with_hidden_variables_only_have_no_struct) {
  const bpf_object_file object(compile_bpf(work_, "hidden", R"(
#define SEC(name) __attribute__((section(name), used))
#define __hidden __attribute__((visibility("hidden")))
__hidden int seen;
__hidden int first = 1;
int second = 2;
SEC("xdp") int pass(void *context) { return seen++ + first + second; }
)"));
  ASSERT_EQ(object.data_sections().size(), 1U);
  EXPECT_EQ(object.data_sections()[0].name, ".data");
  ASSERT_EQ(object.data_sections()[0].variables.size(), 1U);
  EXPECT_EQ(object.data_sections()[0].variables[0].name, "second");
  EXPECT_EQ(object.data_sections()[0].variables[0].offset, 4U);
  const auto c = make_c_skeleton(object, request("prog"), "bpftool", work_.path() / "out.skel.h");
  EXPECT_THAT(c, HasSubstr("struct bpf_map *bss;"));
  EXPECT_THAT(c, Not(HasSubstr("struct prog_bpf__bss")));
  EXPECT_THAT(c, Not(HasSubstr("&obj->bss;")));
  EXPECT_THAT(c, HasSubstr("&obj->data;"));
  expect_compiles("c", c);
  EXPECT_THAT(make_cxx_skeleton(object, request("prog"), "ebpf"), Not(HasSubstr("bss")));
}

TEST_F(skeleton_files, maps_with_sizes_only_are_typed_as_bytes) {
  const bpf_object_file object(compile_bpf(work_, "sizes", R"(
#define SEC(name) __attribute__((section(name), used))
struct { int (*type)[1]; int (*max_entries)[8]; int (*key_size)[4]; int (*value_size)[24]; }
    both SEC(".maps");
struct { int (*type)[6]; int (*max_entries)[8]; int *key; int (*value_size)[8]; } mixed SEC(".maps");
struct { int (*type)[22]; int (*max_entries)[8]; int (*value_size)[2]; } last SEC(".maps");
struct { int (*type)[3]; int (*max_entries)[8]; int (*key_size)[4]; int (*value_size)[4]; }
    programs SEC(".maps");
SEC("xdp") int pass(void *context) { return 0; }
)"));
  const auto text = make_cxx_skeleton(object, request("prog"), "ebpf");
  EXPECT_THAT(
      text,
      HasSubstr("::ebpfkit::map<std::array<std::uint8_t, 4>, std::array<std::uint8_t, 24>> both;"));
  EXPECT_THAT(
      text, HasSubstr("::ebpfkit::per_cpu_map<std::int32_t, std::array<std::uint8_t, 8>> mixed;"));
  EXPECT_THAT(text, HasSubstr("::ebpfkit::queue_map<std::array<std::uint8_t, 2>> last;"));
  EXPECT_THAT(text, HasSubstr("::ebpfkit::program_array_map programs;"));
}

TEST_F(skeleton_files, maps_of_kernel_objects_have_their_classes) {
  const bpf_object_file object(compile_bpf(work_, "objects", R"(
#define SEC(name) __attribute__((section(name), used))
#define MAP(NAME, TYPE, KEY, VALUE) \
  struct { int (*type)[TYPE]; int (*max_entries)[8]; KEY *key; VALUE *value; } NAME SEC(".maps")
#define SIZES(NAME, TYPE) \
  struct { int (*type)[TYPE]; int (*max_entries)[8]; int (*key_size)[4]; int (*value_size)[4]; } \
  NAME SEC(".maps")
struct amount { int number; };
MAP(of_tasks, 29, int, struct amount);
struct inner { int (*type)[5]; int (*max_entries)[8]; unsigned *key; struct amount *value; };
struct inner plain SEC(".maps");
struct { int (*type)[12]; int (*max_entries)[8]; unsigned *key; struct inner *values[]; }
    typed SEC(".maps");
SIZES(by_size, 13);
SIZES(groups, 8);
SIZES(devices, 14);
SIZES(cpus, 16);
SIZES(sockets, 15);
MAP(named_sockets, 18, unsigned long, unsigned);
SIZES(device_hash, 25);
MAP(stacks, 7, unsigned, unsigned long);
struct { int (*type)[31]; int (*max_entries)[4096]; } requests SEC(".maps");
struct { int (*type)[33]; int (*max_entries)[4]; int (*map_flags)[1024]; } memory SEC(".maps");
SIZES(newer, 99);
SEC("xdp") int pass(void *context) { return 0; }
)"));
  const auto text = make_cxx_skeleton(object, request("prog"), "ebpf");
  for (const auto member :
       {"map_of_maps<std::uint32_t, ::ebpfkit::per_cpu_map<std::uint32_t, struct amount>> typed;",
        "map_of_maps<std::uint32_t, ::ebpfkit::untyped_map> by_size;", "descriptor_map<> groups;",
        "device_map devices;", "cpu_map cpus;", "socket_map<std::uint32_t> sockets;",
        "socket_map<std::uint64_t> named_sockets;", "device_map device_hash;",
        "local_storage_map<struct amount> of_tasks;", "stack_trace_map stacks;",
        "user_ring_buffer_map requests;", "arena_map memory;", "untyped_map newer;"})
    EXPECT_THAT(text, HasSubstr(std::string("    ::ebpfkit::") + member + "\n"));
  expect_compiles("c++", text);
}

// The members are those that libbpf has before load(): programs in place of function pointers.
TEST_F(skeleton_files, structs_of_operations_have_callbacks) {
  const bpf_object_file object(compile_bpf(work_, "operations", R"(
#define SEC(name) __attribute__((section(name), used))
struct module;
struct other { int (*later)(void); };
typedef void (*function)(int);
struct scheduler_ops {
  int (*enqueue)(int);
  const function dispatch;
  struct module *owner;
  struct other inner;
  union { int (*hidden)(void); long number; };
  int timeout;
};
SEC(".struct_ops.link") struct scheduler_ops first = {.timeout = 5};
SEC(".struct_ops") const struct scheduler_ops second = {.timeout = 6};
SEC("xdp") int pass(void *context) { return 0; }
)"));
  const auto text = make_cxx_skeleton(object, request("prog"), "ebpf");
  EXPECT_THAT(text, HasSubstr(R"(  struct scheduler_ops {
    ::ebpfkit::struct_ops_callback enqueue;
    ::ebpfkit::struct_ops_callback dispatch;
    std::uint64_t owner;
    struct other inner;
    __extension__ union {
      std::uint64_t hidden;
      std::int64_t number;
    };
    std::int32_t timeout;
)"));
  EXPECT_THAT(text, HasSubstr("    std::uint64_t later;\n"));
  for (const auto member : {" first;\n", " second;\n"})
    EXPECT_THAT(text, HasSubstr("    ::ebpfkit::struct_ops_map<struct scheduler_ops>" +
                                std::string(member)));
  EXPECT_THAT(text, HasSubstr("#include <ebpfkit/struct_ops_map.hpp>\n"));
  EXPECT_THAT(text, HasSubstr(", ::ebpfkit::prepare_struct_ops};\n"));
  expect_compiles("c++", text);
}

// bpftool would cut longer names.
TEST_F(skeleton_files, longest_names) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  const std::string name(59, 'n');
  EXPECT_THAT(make_c_skeleton(object, request(name), "bpftool", work_.path() / "out.skel.h"),
              HasSubstr("struct " + name + "_bpf {"));
  const auto said = problem_of([&] {
    make_c_skeleton(object, request(name + "n"), "bpftool", work_.path() / "out.skel.h");
  });
  EXPECT_THAT(said, HasSubstr("names of up to 63 characters"));
  EXPECT_THAT(said, HasSubstr("C_NAME"));
}

TEST_F(skeleton_files, text_without_the_expected_parts_names_the_bpftool) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  const auto rewrite = [&](const std::string& text) {
    return problem_of(
        [&] { rewrite_bpftool_skeleton(text, object, request("watch"), "'bpftool' (v5.4)"); });
  };
  EXPECT_THAT(rewrite(""), HasSubstr("'bpftool' (v5.4) made has no include guard"));
  EXPECT_THAT(
      rewrite("#define __WATCH_BPF_SKEL_H__\n#include <bpf/libbpf.h>\nstruct watch_bpf {\n"),
      HasSubstr("__elf_bytes"));
  EXPECT_THAT(rewrite("\tstruct watch_bpf__data {\n\t\tint x;\n"), HasSubstr("has no"));
}

TEST_F(skeleton_files, bpftools_own_words_are_kept) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  const auto fake = work_.write("bpftool", "#!/bin/sh\necho 'Error: no such luck' >&2\nexit 3\n");
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  const auto said = problem_of([&] {
    make_c_skeleton(object, request("watch"), fake.string(), work_.path() / "out.skel.h");
  });
  EXPECT_THAT(said, HasSubstr("failed with status 3"));
  EXPECT_THAT(said, HasSubstr("Error: no such luck"));
}

TEST_F(skeleton_files, sections_that_bpftool_does_not_know) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  const auto fake = work_.write("bpftool",
                                "#!/bin/sh\necho \"libbpf: prog 'f': bad map relo against 'x' in "
                                "section '.bss.q.r'\" >&2\nexit 91\n");
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  try {
    make_c_skeleton(object, request("watch"), fake.string(), work_.path() / "out.skel.h");
    FAIL() << "bpftool's error is ignored";
  } catch (const failure& error) {
    EXPECT_THAT(error.remedy(), HasSubstr("This bpftool knows no sections .bss.*."));
  }
}

// Every bpftool can make the skeleton, because it gets a copy in this machine's byte order.
TEST_F(skeleton_files, other_byte_order) {
  const bpf_object_file little(compile_bpf(work_, "little", program, "bpfel"));
  const bpf_object_file big(compile_bpf(work_, "big", program, "bpfeb"));
  const auto output = work_.path() / "out.skel.h";
  const auto text = make_c_skeleton(big, request("watch"), "bpftool", output);
  EXPECT_THAT(text, HasSubstr("struct watch_bpf {"));
  EXPECT_EQ(text, make_c_skeleton(little, request("watch"), "bpftool", output));
  EXPECT_EQ(make_cxx_skeleton(big, request("watch"), "ebpf"),
            make_cxx_skeleton(little, request("watch"), "ebpf"));
  EXPECT_NE(make_object_source(big, request("watch")),
            make_object_source(little, request("watch")));
  for (const auto& entry : std::filesystem::directory_iterator(work_.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path();
}

TEST_F(skeleton_files, cxx_skeleton_does_not_depend_on_the_place) {
  const work_directory other;
  const bpf_object_file first(compile_bpf(work_, "prog", program));
  const bpf_object_file second(compile_bpf(other, "prog", program));
  EXPECT_EQ(make_cxx_skeleton(first, request("watch"), "a::b"),
            make_cxx_skeleton(second, request("watch"), "a::b"));
}

TEST_F(skeleton_files, names_are_checked) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  for (const auto* name : {"", "a b", "1a", "a\"b", "x;y"}) {
    EXPECT_THAT(problem_of([&] { make_cxx_skeleton(object, request(name), "ebpf"); }),
                HasSubstr("cannot name a program"));
    EXPECT_THAT(problem_of([&] { make_object_source(object, request(name)); }),
                HasSubstr("cannot name a program"));
  }
  for (const auto* space : {"", "a::", "::a", "std", "a::std::b", "a b", "namespace"})
    EXPECT_THAT(problem_of([&] { make_cxx_skeleton(object, request("watch"), space); }),
                HasSubstr("is not a C++ namespace"));
}

TEST_F(skeleton_files, unknown_types_are_told_together) {
  const bpf_object_file object(compile_bpf(work_, "prog", program));
  auto wrong = request("watch");
  wrong.types = {"evnt", "struct nothing", "event"};
  const auto said = problem_of([&] { make_cxx_skeleton(object, wrong, "ebpf"); });
  EXPECT_THAT(said, HasSubstr("no type 'evnt'; nearest: event"));
  EXPECT_THAT(said, HasSubstr("no type 'struct nothing'"));
  EXPECT_THAT(said, HasSubstr("__attribute__((unused))"));
  EXPECT_THAT(said, Not(HasSubstr("no type 'event'")));
}

// The name of the work directory already has a blank and a quote.
TEST_F(skeleton_files, source_is_c_and_cxx_and_holds_the_object) {
  const auto path = compile_bpf(work_, "pr\"og\\n?\?/\xc3\xa9", program);
  const bpf_object_file object(path);
  const auto text = make_object_source(object, request("watch"));
  EXPECT_THAT(text, HasSubstr(sha256_hex(object.bytes())));
  const auto source = work_.write("watch.c", text);
  const auto main = work_.write("main.c", R"(
#include <stddef.h>
#include <stdio.h>
#ifdef __cplusplus
extern "C" {
#endif
extern const unsigned char watch_ebpf_object[];
extern const size_t watch_ebpf_object_size;
#ifdef __cplusplus
}
#endif
int main(void) {
  return fwrite(watch_ebpf_object, 1, watch_ebpf_object_size, stdout) == watch_ebpf_object_size &&
         (size_t)watch_ebpf_object % 16 == 0 ? 0 : 1;
}
)");
  for (const auto& compiler : test::compilers()) {
    for (const auto* language : {"c", "c++"}) {
      for (const auto* mode : {"-fPIE", "-fno-pie"}) {
        const auto program_path = (work_.path() / "main").string();
        ASSERT_EQ(complaint_of({test::compiler_for(compiler, language), "-x", language, "-Wall",
                                "-Wextra", "-Wpedantic", "-Werror", mode,
                                std::string(mode) == "-fPIE" ? "-pie" : "-no-pie", source.string(),
                                main.string(), "-o", program_path}),
                  "");
        const auto result = run_process({program_path});
        EXPECT_EQ(result.exit_status, 0);
        EXPECT_EQ(result.output, std::string(object.bytes().begin(), object.bytes().end()));
      }
    }
  }
  if (test::has_command("clang")) {
    EXPECT_EQ(complaint_of({"clang", "--target=armv7-linux-gnueabihf", "-ffreestanding", "-c",
                            source.string(), "-o", (work_.path() / "arm.o").string()}),
              "");
  }
}

// Whichever byte of the object is damaged, the reader and the generator at worst fail.
TEST_F(skeleton_files, damaged_objects_are_refused_or_read) {
  const auto path = compile_bpf(work_, "prog", program);
  const auto bytes = read_file(path);
  const auto damaged_path = work_.path() / "damaged.o";
  const auto try_to_read = [&](const std::vector<std::uint8_t>& damaged) {
    write_output(damaged_path, {reinterpret_cast<const char*>(damaged.data()), damaged.size()},
                 unchanged::keep);
    try {
      const bpf_object_file object(damaged_path);
      make_cxx_skeleton(object, request("watch"), "ebpf");
    } catch (const failure&) {
    }
  };
  for (std::size_t size = 0; size < bytes.size(); size += 7)
    try_to_read({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= static_cast<std::uint8_t>(1U << i % 8);
    try_to_read(damaged);
  }
}

}  // namespace
}  // namespace ebpfkit::host
