// Generated skeletons in applications. Every compiler of this machine compiles them, and they run
// on the kernel.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "own_tracefs.hpp"
#include "skeleton/skeleton.hpp"
#include "skeleton_support.hpp"

namespace ebpfkit::host {
namespace {

using test::complaint_of;
using test::source_directory;
using test::work_directory;

const auto programs = source_directory / "tests" / "unit" / "skeleton_programs";

class skeleton_end_to_end : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_command("clang") || !test::has_command("bpftool"))
      GTEST_SKIP() << "no clang or no bpftool";
    const auto compiled = work_.path() / "watcher.o";
    object_ = work_.path() / "watcher.bpf.o";
    ASSERT_EQ(complaint_of({"clang", "--target=bpf", "-mcpu=v3", "-O2", "-g", "-c",
                            (programs / "watcher.bpf.c").string(), "-o", compiled.string()}),
              "");
    ASSERT_EQ(complaint_of({"bpftool", "gen", "object", object_.string(), compiled.string()}), "");
    generate({"watcher", {"call"}, {}, {}});
  }

  void generate(const skeleton_request& request) {
    const bpf_object_file object(object_);
    work_.write("watcher.skel.h",
                make_c_skeleton(object, request, "bpftool", work_.path() / "out.skel.h"));
    work_.write("watcher.skel.hpp", make_cxx_skeleton(object, request, "ebpf"));
    work_.write("watcher.c", make_object_source(object, request));
  }

  // Compiles `source` with all compilers of the language, in each of `standards`, with warnings as
  // errors.
  void expect_compiles(const std::string& language, const std::vector<std::string>& standards,
                       const std::string& source, const std::vector<std::string>& options = {}) {
    for (const auto& compiler : test::compilers()) {
      for (const auto& standard : standards) {
        auto command = test::strict_warnings();
        command.insert(command.begin(), {test::compiler_for(compiler, language), "-x", language,
                                         "-std=" + standard, "-fsyntax-only"});
        command.insert(command.end(), {"-I" + work_.path().string(),
                                       "-I" + (source_directory / "include").string(), source});
        command.insert(command.end(), options.begin(), options.end());
        EXPECT_EQ(complaint_of(command), "") << compiler << " " << standard;
      }
    }
  }

  work_directory work_;
  std::filesystem::path object_;
};

constexpr const char* own_types =
    "struct call { int mine; };\nenum call_kind { CALL_OTHER = 9 };\n";

TEST_F(skeleton_end_to_end, headers_are_self_contained) {
  const auto c = work_.write("alone.c", "#include \"watcher.skel.h\"\n").string();
  expect_compiles("c", {"c99", "c11", "gnu17"}, c);
  expect_compiles("c++", {"c++11", "c++17", "c++20"}, c);
  const auto cxx = work_.write("alone.cpp", "#include \"watcher.skel.hpp\"\n").string();
  expect_compiles("c++", {"c++17", "c++20"}, cxx);
}

TEST_F(skeleton_end_to_end, each_kind_of_map_has_its_view) {
  const auto source =
      work_
          .write("views.cpp",
                 "#include \"watcher.skel.hpp\"\n#include <cstdint>\n#include <type_traits>\n"
                 "using watcher = ebpf::watcher;\n"
                 "using maps = watcher::maps_type;\n"
                 "template <class Found, class Expected>\n"
                 "constexpr bool is = std::is_same_v<Found, Expected>;\n"
                 "static_assert(is<decltype(maps::call_counts),\n"
                 "                 ebpfkit::per_cpu_map<std::uint32_t, watcher::counter>>);\n"
                 "static_assert(is<decltype(maps::table),\n"
                 "                 ebpfkit::map<std::uint32_t, watcher::counter>>);\n"
                 "static_assert(is<decltype(maps::recent),\n"
                 "                 ebpfkit::map<watcher::key, std::uint32_t>>);\n"
                 "static_assert(is<decltype(maps::routes),\n"
                 "                 ebpfkit::map<watcher::prefix, std::uint32_t>>);\n"
                 "static_assert(is<decltype(maps::latest),\n"
                 "                 ebpfkit::queue_map<watcher::counter>>);\n"
                 "static_assert(is<decltype(maps::undo), ebpfkit::queue_map<std::uint32_t>>);\n"
                 "static_assert(is<decltype(maps::seen),\n"
                 "                 ebpfkit::bloom_filter_map<std::uint64_t>>);\n"
                 "static_assert(is<decltype(maps::calls), ebpfkit::ring_buffer_map>);\n"
                 "static_assert(is<decltype(maps::events), ebpfkit::perf_buffer_map>);\n"
                 "static_assert(is<decltype(maps::plain),\n                 "
                 "ebpfkit::queue_map<std::array<std::uint8_t, 12>>>);\n")
          .string();
  expect_compiles("c++", {"c++17", "c++20"}, source);
}

// Uses everything that the views offer, without exceptions and with the strictest warnings.
TEST_F(skeleton_end_to_end, views_need_no_exceptions) {
  const auto source =
      work_
          .write("quiet.cpp",
                 "#include \"watcher.skel.hpp\"\n"
                 "using watcher = ebpf::watcher;\n"
                 "bool use(watcher& opened);\n"
                 "bool use(watcher& opened) {\n"
                 "  auto maps = opened.maps();\n"
                 "  const auto sum = maps.call_counts.sum(0U, &watcher::counter::calls);\n"
                 "  const auto most = maps.call_counts.max(0U, &watcher::counter::calls);\n"
                 "  const auto per_cpu = maps.call_counts.entries();\n"
                 "  const auto all = maps.table.entries();\n"
                 "  const auto erased = maps.table.erase_batch({1U});\n"
                 "  auto ring = maps.calls.subscribe<watcher::call>([](const auto&) {});\n"
                 "  auto reader = maps.calls.open_reader();\n"
                 "  auto perf = maps.events.subscribe<watcher::counter>(\n"
                 "      [](int, const watcher::counter&) {});\n"
                 "  return sum && most && per_cpu && erased && all && ring && reader && perf &&\n"
                 "         maps.call_counts.update_batch(*per_cpu) &&\n"
                 "         maps.call_counts.for_each([](auto&, auto&) {}) &&\n"
                 "         maps.call_counts.drain([](auto&, auto&) {}) &&\n"
                 "         maps.table.update_batch(*all) &&\n"
                 "         maps.table.drain([](auto&, auto&) {}) &&\n"
                 "         maps.latest.push({}) && maps.latest.pop() &&\n"
                 "         maps.latest.drain([](auto&) {}) && maps.undo.peek() &&\n"
                 "         maps.seen.add(1U) && maps.seen.may_contain(1U) &&\n"
                 "         ring->add<watcher::call>(maps.calls, [](const auto&) {}) &&\n"
                 "         reader->next() && reader->next<watcher::call>() &&\n"
                 "         perf->consume() && maps.table.unpin(\"/x\") &&\n"
                 "         maps.table.reuse_or_pin(\"/x\");\n}\n")
          .string();
  expect_compiles("c++", {"c++17"}, source, {"-fno-exceptions", "-fno-rtti"});
}

// A forgotten error is a warning. So is a forgotten link, which would detach at once.
TEST_F(skeleton_end_to_end, forgotten_results_are_warnings) {
  const std::vector<std::string> forgetting{
      "opened.load();",
      "opened.attach();",
      "ebpf::watcher::open();",
      "opened.programs().watch.attach();",
      "opened.programs().watch.attach().value();",
      "opened.programs().watch.set_autoload(true);",
      "opened.maps().table.erase(1U);",
      "opened.maps().calls.open_reader().value();",
      "opened.maps().calls.subscribe([](const void*, std::size_t) {}).value();",
      "opened.maps().events.subscribe([](int, const void*, std::size_t) {}).value();"};
  const std::vector<std::string> taking{"opened.load().value();",
                                        "auto kept = opened.programs().watch.attach();",
                                        "opened.maps().table.erase(1U).value();"};
  // Each statement has a line of its own, and the line of statement i is i + 2.
  const auto complaint_of_statements = [&](const std::string& compiler,
                                           const std::vector<std::string>& statements) {
    std::string text = "#include \"forgotten.h\"\n";
    for (const auto& statement : statements)
      text += statement + "\n";
    work_.write("forgotten.h",
                "#include \"watcher.skel.hpp\"\n"
                "void use(ebpf::watcher& opened);\n"
                "void use(ebpf::watcher& opened) {\n");
    const auto source = work_.write("forgotten.cpp", text + "}\n").string();
    return complaint_of({compiler, "-std=c++17", "-fsyntax-only", "-Werror=unused-result",
                         "-Werror=unused-value", "-I" + work_.path().string(),
                         "-I" + (source_directory / "include").string(), source});
  };
  for (const auto& compiler : test::compilers()) {
    const auto complaint = complaint_of_statements(compiler, forgetting);
    for (std::size_t i = 0; i < forgetting.size(); ++i)
      EXPECT_NE(complaint.find(fmt::format("forgotten.cpp:{}:", i + 2)), std::string::npos)
          << compiler << ": " << forgetting[i] << "\n"
          << complaint;
    EXPECT_EQ(complaint_of_statements(compiler, taking), "") << compiler;
  }
}

TEST_F(skeleton_end_to_end, types_of_the_same_name_do_not_collide) {
  const auto include = std::string("#include \"watcher.skel.h\"\n");
  for (const auto& text : {own_types + include, include + own_types}) {
    const auto source = work_.write("own.c", text).string();
    expect_compiles("c", {"c99", "c11"}, source);
    expect_compiles("c++", {"c++11", "c++20"}, source);
  }
  const auto both = include + "#include \"watcher.skel.hpp\"\n";
  for (const auto& text : {own_types + both, both + own_types})
    expect_compiles("c++", {"c++17", "c++20"}, work_.write("own.cpp", text).string());
}

TEST_F(skeleton_end_to_end, types_of_the_application_are_used_and_checked) {
  const std::string header =
      "struct counter { unsigned long long calls; unsigned last_process; };\n"
      "enum call_kind { CALL_WATCHED, CALL_OTHER };\n"
      "struct call { unsigned long long number; enum call_kind kind; char comm[16]; };\n";
  const auto path = work_.write("shared.h", "#pragma once\n" + header);
  generate({"watcher", {"call"}, {{"shared.h", path}}, {}});
  const auto c = work_
                     .write("shared.c",
                            "#include \"watcher.skel.h\"\n"
                            "int check(const struct call *call);\n"
                            "int check(const struct call *call) { return call->comm[0]; }\n")
                     .string();
  expect_compiles("c", {"c99", "c11"}, c);
  expect_compiles("c++", {"c++11", "c++20"}, c);
  const auto cxx =
      work_
          .write(
              "shared.cpp",
              "#include \"watcher.skel.hpp\"\n#include <type_traits>\n"
              "static_assert(std::is_same_v<ebpf::watcher::call, ::call>);\n"
              "using call_counts = decltype(ebpf::watcher::maps_type::call_counts)::value_type;\n"
              "static_assert(std::is_same_v<call_counts, ::counter>);\n")
          .string();
  expect_compiles("c++", {"c++17", "c++20"}, cxx);

  // The compiler finds a header that differs from the program.
  auto wrong = header;
  wrong.replace(wrong.find("char comm[16]"), 13, "char comm[32]");
  work_.write("shared.h", "#pragma once\n" + wrong);
  for (const auto& source : {c, cxx}) {
    const auto result = run_process({"g++", "-std=c++17", "-x", "c++", "-fsyntax-only",
                                     "-I" + work_.path().string(),
                                     "-I" + (source_directory / "include").string(), source});
    EXPECT_NE(result.exit_status, 0);
    EXPECT_NE(result.errors.find("sizeof"), std::string::npos) << result.errors;
  }
}

TEST_F(skeleton_end_to_end, two_files_of_an_application_share_one_copy) {
  const auto include = "-I" + work_.path().string();
  const auto first =
      work_.write("first.c",
                  "#include \"watcher.skel.h\"\nint other(void);\n"
                  "int main(void) {\n"
                  "  struct watcher_bpf *watcher = watcher_bpf__open();\n"
                  "  int wrong = !watcher || watcher->data->threshold != 7;\n"
                  "  watcher_bpf__destroy(watcher);\n  return wrong || other();\n}\n");
  const auto second = work_.write("second.c",
                                  "#include \"watcher.skel.h\"\nint other(void);\n"
                                  "int other(void) {\n"
                                  "  struct watcher_bpf *watcher = watcher_bpf__open();\n"
                                  "  if (!watcher) return 1;\n"
                                  "  watcher->rodata->report_limit = 1;\n"
                                  "  watcher_bpf__destroy(watcher);\n  return 0;\n}\n");
  const auto program = (work_.path() / "application").string();
  for (const auto* language : {"c", "c++"}) {
    ASSERT_EQ(complaint_of({test::compiler_for("g++", language), "-x", language, include,
                            first.string(), second.string(), (work_.path() / "watcher.c").string(),
                            "-x", "none", "-o", program, "-lbpf"}),
              "");
    EXPECT_EQ(run_process({program}).exit_status, 0);
  }
}

TEST_F(skeleton_end_to_end, application_works_on_the_running_kernel) {
  if (geteuid() != 0)
    GTEST_SKIP() << "needs root";
  ASSERT_TRUE(ebpfkit::test::have_tracefs());
  const auto program = (work_.path() / "application").string();
  std::vector<std::string> command{"g++",
                                   "-std=c++17",
                                   "-I" + work_.path().string(),
                                   "-I" + (source_directory / "include").string(),
                                   (programs / "watcher_main.cpp").string(),
                                   (work_.path() / "watcher.c").string(),
                                   "-o",
                                   program};
  command.insert(command.end(),
                 {"@" EBPFKIT_RUNTIME_OBJECTS, "-Wall", "-Wextra", "-Werror", "-lbpf", "-lz"});
  ASSERT_EQ(complaint_of(command), "");
  const auto result = run_process({program});
  EXPECT_EQ(result.exit_status, 0) << result.errors;
}

}  // namespace
}  // namespace ebpfkit::host
