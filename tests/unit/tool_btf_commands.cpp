// `ebpfkit btf`, run in this process.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::input_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::btf_builder;
using testing::AnyOf;

struct run_result {
  int status = 0;
  std::string output;
};

// Returns the status and the standard output of `ebpfkit btf ...`. For a failure, returns status 1
// and the failure's text.
run_result run(std::vector<std::string> arguments) {
  CLI::App app;
  tool::add_btf_command(app);
  arguments.insert(arguments.begin(), "btf");
  std::reverse(arguments.begin(), arguments.end());
  run_result result;
  std::string problem;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  try {
    app.parse(arguments);
  } catch (const CLI::RuntimeError& error) {
    result.status = error.get_exit_code();
  } catch (const failure& error) {
    result.status = 1;
    problem = std::string(error.what()) + " / " + error.remedy();
  }
  std::fflush(stdout);
  testing::internal::GetCapturedStderr();
  result.output = testing::internal::GetCapturedStdout() + problem;
  return result;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bytes btf_with(const std::string& member) {
  btf_builder btf;
  const auto word = btf.integer("long unsigned int", 8);
  btf.record("pt_regs", 16, {{"di", word, 0}, {"r15", word, 64}});
  btf.record("sample", 8, {{member, word, 0}});
  return btf.bytes();
}

TEST(BtfInfoCommand, TellsAsTextAndJson) {
  const temporary_directory directory;
  const auto path = directory.write("6.1.0-1-amd64.btf.xz", compress_xz(btf_with("a"))).string();
  const auto text = run({"info", path, "--strict", "--arch", "amd64"});
  EXPECT_EQ(text.status, 0) << text.output;
  EXPECT_TRUE(contains(text.output, "6.1.0-1-amd64")) << text.output;

  const auto result = run({"info", path, "--json"});
  EXPECT_EQ(result.status, 0);
  const auto report = json::parse(result.output);
  EXPECT_EQ(report["version"], 1);
  EXPECT_EQ(report["status"], "ok");
  EXPECT_EQ(report["formats"], (json{"xz", "BTF"}));
  EXPECT_EQ(report["kernel_release"], "6.1.0-1-amd64");
  EXPECT_EQ(report["architecture"], "x86");
  EXPECT_EQ(report["pointer_size"], 8);
  EXPECT_EQ(report["types"], 3);
  EXPECT_EQ(report["kinds"]["struct"], 2);
  EXPECT_EQ(report["base"], nullptr);
  EXPECT_EQ(report["split"], false);
  EXPECT_TRUE(report["findings"].empty());
}

TEST(BtfInfoCommand, ExitStatus) {
  const temporary_directory directory;
  const auto sound = directory.write("sound", btf_with("a")).string();
  EXPECT_EQ(run({"info", sound, "--arch", "arm64"}).status, 0);
  EXPECT_EQ(run({"info", sound, "--arch", "arm64", "--strict"}).status, 1);
  auto damaged = compress_xz(btf_with("a"));
  damaged.pop_back();
  const auto path = directory.write("damaged.xz", damaged).string();
  const auto result = run({"info", path, "--json"});
  EXPECT_EQ(result.status, 2);
  const auto report = json::parse(result.output);
  EXPECT_EQ(report["status"], "damaged");
  EXPECT_EQ(report["findings"][0]["code"], "unreadable");
  EXPECT_EQ(report["byte_order"], nullptr);
  EXPECT_EQ(run({"info", (directory.path() / "none").string()}).status, 1);
}

TEST(Tool, OutputThatCannotBeWrittenIsAFailure) {
  const temporary_directory directory;
  btf_builder many;
  const auto number = many.integer("int", 4, true);
  for (int i = 0; i < 3000; ++i)
    many.record("record_" + std::to_string(i), 4, {{"x", number, 0}});
  const auto old = directory.write("old.btf", btf_with("a")).string();
  const auto changed = directory.write("changed.btf", many.bytes()).string();
  const auto errors_of = [](const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"sh", "-c", "exec \"$0\" \"$@\" > /dev/full", EBPFKIT_TOOL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto result = run_process(command);
    EXPECT_EQ(result.exit_status, 1);
    return result.errors;
  };
  const std::string problem = "ebpfkit: cannot write to standard output";
  EXPECT_EQ(errors_of({"btf", "info", "--json", old}), problem + ": No space left on device\n");
  // This output is larger than a buffer.
  EXPECT_EQ(errors_of({"btf", "diff", old, changed}), problem + ": No space left on device\n");
  // The version comes from CLI11. Some of its releases flush, and the reason is known then.
  EXPECT_THAT(errors_of({"--version"}),
              AnyOf(problem + "\n", problem + ": No space left on device\n"));
}

TEST(BtfDiffCommand, TellsDifferences) {
  const temporary_directory directory;
  const auto one = directory.write("one", btf_with("a")).string();
  const auto other = directory.write("other.gz", compress_gzip(btf_with("b"))).string();
  const auto same = run({"diff", one, one});
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(same.output, "");
  const auto text = run({"diff", one, other});
  EXPECT_EQ(text.status, 1);
  EXPECT_EQ(text.output, "struct sample\n  - a: long unsigned int\n  + b: long unsigned int\n");
  EXPECT_EQ(run({"diff", one, other, "pt_regs"}).status, 0);
  const auto result = run({"diff", one, other, "struct sample", "--json"});
  EXPECT_EQ(result.status, 1);
  const auto report = json::parse(result.output);
  EXPECT_EQ(report["same"], false);
  EXPECT_EQ(report["differences"][0], (json{{"type", "struct sample"},
                                            {"change", "member_removed"},
                                            {"item", "a"},
                                            {"before", "long unsigned int"},
                                            {"after", nullptr}}));
  EXPECT_EQ(result.output, nlohmann::ordered_json::parse(result.output).dump(2) + "\n");
  EXPECT_EQ(json::parse(run({"diff", one, one, "--json"}).output)["same"], true);
  const auto unknown = run({"diff", one, other, "smaple"});
  EXPECT_TRUE(contains(unknown.output, "smaple") && contains(unknown.output, "sample"))
      << unknown.output;
}

TEST(BtfFetchCommand, FillsTheCache) {
  const temporary_directory directory;
  const auto btf = btf_with("a");
  const auto source = directory.write("vmlinux", elf_file(EM_X86_64, {{".BTF", btf}})).string();
  const auto cache = (directory.path() / "cache").string();
  const auto result =
      run({"fetch", source, "--to", cache, "--name", "debian/12/x86_64/6.1.0-1-amd64"});
  EXPECT_EQ(result.status, 0) << result.output;
  const auto path = cache + "/debian/12/x86_64/6.1.0-1-amd64.btf";
  EXPECT_EQ(result.output, path + "\n");
  EXPECT_EQ(read_file(path), btf);
  // The name may have the suffix. The command leaves nothing else behind.
  EXPECT_EQ(
      run({"fetch", source, "--to", cache, "--name", "debian/12/x86_64/6.1.0-1-amd64.btf"}).output,
      path + "\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(fs::path(path).parent_path()), {}), 1);
}

TEST(BtfFetchCommand, NamesTheBtfOfAPackage) {
  const temporary_directory directory;
  const auto btf = btf_with("a");
  const auto kernel = elf_file(EM_X86_64, {{".BTF", btf}});
  const auto package =
      rpm_package(cpio_archive({cpio_entry("./boot/vmlinuz-6.8.5-301.fc40.x86_64", kernel)}),
                  "kernel-core-6.8.5-301.fc40");
  const auto source = directory.write("kernel.rpm", package).string();
  const auto cache = (directory.path() / "cache").string();
  const auto path = cache + "/fedora/40/x86_64/6.8.5-301.fc40.x86_64.btf";
  EXPECT_EQ(run({"fetch", source, "--to", cache}).output, path + "\n");
  EXPECT_EQ(read_file(path), btf);
  // An unknown release is not made up.
  const auto other = directory.write(
      "other.rpm", rpm_package(cpio_archive({cpio_entry("./boot/vmlinuz", kernel)}), "k-1-1.fc40"));
  const auto refused = run({"fetch", other.string(), "--to", cache});
  EXPECT_TRUE(contains(refused.output, "does not tell the kernel's release")) << refused.output;
}

TEST(BtfFetchCommand, RefusesBadNamesAndBtf) {
  const temporary_directory directory;
  const auto source = directory.write("a.btf", btf_with("a")).string();
  const auto cache = (directory.path() / "cache").string();
  EXPECT_TRUE(contains(run({"fetch", source, "--to", cache}).output, "--name"));
  EXPECT_TRUE(contains(run({"fetch", source, "--to", cache, "--name", "../out"}).output,
                       "is not a name of BTF"));
  auto damaged = btf_with("a");
  damaged[12] ^= 1;
  const auto bad = directory.write("bad.btf", damaged).string();
  EXPECT_EQ(run({"fetch", bad, "--to", cache, "--name", "x"}).status, 1);
  EXPECT_FALSE(fs::exists(cache + "/x.btf"));
}

TEST(BtfFetchCommand, Running) {
  if (!fs::exists("/sys/kernel/btf/vmlinux"))
    GTEST_SKIP() << "this kernel has no BTF";
  const temporary_directory directory;
  const auto result = run({"fetch", "--to", directory.path().string()});
  EXPECT_EQ(result.status, 0) << result.output;
  auto path = result.output;
  ASSERT_FALSE(path.empty());
  path.pop_back();
  EXPECT_EQ(read_file(path), read_file("/sys/kernel/btf/vmlinux"));
  // No false alarm on a real kernel, and the cache finds the file.
  EXPECT_EQ(run({"info", path, "--strict"}).status, 0);
  EXPECT_EQ(run({"diff", path, "/sys/kernel/btf/vmlinux", "--functions"}).status, 0);
}

// Sets an environment variable until the end of a scope.
class scoped_variable {
 public:
  scoped_variable(const char* name, const std::string& value)
      : name_(name), before_(std::getenv(name)) {
    ::setenv(name, value.c_str(), 1);
  }
  ~scoped_variable() { ::setenv(name_, before_.c_str(), 1); }
  scoped_variable(const scoped_variable&) = delete;
  scoped_variable& operator=(const scoped_variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

TEST(BtfFetchCommand, DwarfWithoutPahole) {
  const temporary_directory directory;
  const auto source =
      directory.write("vmlinux", elf_file(EM_X86_64, {{".debug_info", bytes(16)}})).string();
  const scoped_variable path("PATH", directory.path().string());
  const auto result = run({"fetch", source, "--to", directory.path().string(), "--name", "x"});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(contains(result.output, "DWARF but no BTF")) << result.output;
  EXPECT_TRUE(contains(result.output, "dwarves")) << result.output;
}

TEST(BtfFetchCommand, DwarfThroughPahole) {
  const temporary_directory directory;
  const auto source =
      directory.write("a.c", to_bytes("struct sample { int a; } sample;\n")).string();
  const auto object = directory.path() / "vmlinux";
  try {
    run_process({"pahole", "--version"});
    if (run_process({"cc", "-g", "-c", source, "-o", object.string()}).exit_status != 0)
      GTEST_SKIP() << "no C compiler";
  } catch (const failure& error) {
    GTEST_SKIP() << error.what();
  }
  const auto packed = directory.write("vmlinux.gz", compress_gzip(read_file(object))).string();
  const auto result =
      run({"fetch", packed, "--to", directory.path().string(), "--name", "dir/made"});
  EXPECT_EQ(result.status, 0) << result.output;
  const auto report =
      json::parse(run({"info", (directory.path() / "dir/made.btf").string(), "--json"}).output);
  EXPECT_EQ(report["kinds"]["struct"], 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path() / "dir"), {}), 1);
}

}  // namespace
}  // namespace ebpfkit::host::input_test
