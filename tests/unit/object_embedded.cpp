// Notes about the BPF objects inside an application: what EbpfKit's sources of skeletons write, the
// linker keeps, and `ebpfkit explain` reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "object/embedded_objects.hpp"
#include "skeleton_support.hpp"
#include "support/assembly.hpp"
#include "support/embedded_note.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;
using test::compiler_for;
using test::complaint_of;
using test::work_directory;
using testing::HasSubstr;

struct embedded_objects : testing::Test {
  // Compiles a program that carries two files, with more arguments for the compiler.
  fs::path program(const std::vector<std::string>& arguments) {
    const auto first = work.write("first.o", std::string(1000, 'a'));
    const auto second = work.write("second.btf", "some BTF");
    const auto source = work.write(
        "program.c",
        "int main(void) { return 0; }\n" +
            assembly_with_file("first_bytes", first, 1000, embedded_kind::bpf_object, "first") +
            assembly_with_file("second_bytes", second, 8, embedded_kind::kernel_btf, "kernels"));
    auto output = work.path() / "program";
    std::vector<std::string> command{compiler_for("g++", "c"), source.string(), "-o",
                                     output.string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    EXPECT_EQ(complaint_of(command), "");
    return output;
  }

  static void expect_both(const fs::path& file) {
    const auto found = find_embedded_files(read_file(file), file.string());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, "first");
    EXPECT_EQ(found[0].is, embedded_kind::bpf_object);
    EXPECT_EQ(as_text(found[0].bytes), std::string(1000, 'a'));
    EXPECT_EQ(found[1].name, "kernels");
    EXPECT_EQ(found[1].is, embedded_kind::kernel_btf);
    EXPECT_EQ(as_text(found[1].bytes), "some BTF");
  }

  static std::string problem_of(const std::vector<std::uint8_t>& bytes) {
    try {
      find_embedded_files(bytes, "file");
    } catch (const failure& error) {
      return error.what();
    }
    return {};
  }

  work_directory work;
};

TEST_F(embedded_objects, notes_survive_linkers_and_strip) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {}, {"-no-pie"}, {"-static"}, {"-shared", "-fPIC"}, {"-Wl,--gc-sections", "-s"}}) {
    const auto file = program(arguments);
    expect_both(file);
    ASSERT_EQ(complaint_of({"strip", file.string()}), "");
    expect_both(file);
    EXPECT_TRUE(has_embedded_files(file));
  }
}

TEST_F(embedded_objects, files_without_notes_are_refused) {
  EXPECT_THAT(problem_of({1, 2, 3}), HasSubstr("'file' is no ELF file"));
  const auto plain = work.write("plain.c", "int main(void) { return 0; }\n");
  const auto program_path = (work.path() / "plain").string();
  ASSERT_EQ(complaint_of({compiler_for("g++", "c"), plain.string(), "-o", program_path}), "");
  EXPECT_THAT(problem_of(read_file(program_path)), HasSubstr("carries no BPF object of EbpfKit"));
  EXPECT_FALSE(has_embedded_files(program_path));
  EXPECT_FALSE(has_embedded_files(work.path() / "no such file"));
  EXPECT_THAT(problem_of(read_file(program({"-c"}))), HasSubstr("is not linked yet"));
}

TEST_F(embedded_objects, damage_is_no_crash) {
  const auto sound = read_file(program({"-s"}));
  std::mt19937 generator(1);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    auto damaged = sound;
    if (i % 4 == 0)
      damaged.resize(generator() % damaged.size());
    for (int changes = 0; changes < 20 && !damaged.empty(); ++changes)
      damaged[generator() % damaged.size()] = static_cast<std::uint8_t>(generator());
    refused += problem_of(damaged).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 100);
  // Each byte of the notes themselves.
  const auto note = as_text(sound).find("EbpfKit");
  ASSERT_NE(note, std::string::npos);
  for (std::size_t at = note - 12; at < note + 40; ++at) {
    auto damaged = sound;
    damaged[at] = 0xff;
    problem_of(damaged);
  }
  auto distance = sound;
  distance[note + 10] = 0x7f;  // the upper part of where the bytes are
  EXPECT_THAT(problem_of(distance), HasSubstr("are in no section"));
}

}  // namespace
}  // namespace ebpfkit::host
