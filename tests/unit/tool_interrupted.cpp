// Commands of the tool that are killed, or that find the disk full, at any moment. Their outputs
// are the old ones or the new ones, and the next run makes the new ones. EBPFKIT_ROUNDS in the
// environment is the number of runs of each command that are killed.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"
#include "skeleton_support.hpp"
#include "small_disk.hpp"
#include "support/process.hpp"
#include "support/temporary_entry.hpp"

namespace ebpfkit::host::test {
namespace {

namespace fs = std::filesystem;
using ebpfkit::test::small_disk;
using steady_clock = std::chrono::steady_clock;

int wanted_rounds() {
  const char* rounds = std::getenv("EBPFKIT_ROUNDS");
  return rounds != nullptr && std::atoi(rounds) > 0 ? std::atoi(rounds) : 2;
}

// A command of the tool. IN and OUT in its words stand for the directories of its inputs and its
// outputs.
struct tool_command {
  const char* name;
  std::vector<std::string> words;
  std::vector<std::string> outputs;
};

void PrintTo(const tool_command& command, std::ostream* stream) {
  *stream << command.name;
}

const char* native_order() {
  return std::endian::native == std::endian::little ? "little" : "big";
}

std::vector<tool_command> commands() {
  return {
      {"bindings",
       {"bindings", "--btf", "IN/kernel.btf", "--type", "sample", "--depfile", "OUT/sample.h.d",
        "--output", "OUT/sample.h"},
       {"sample.h", "sample.h.d"}},
      {"fetch",
       {"btf", "fetch", "IN/kernel.btf.gz", "--to", "OUT", "--name", "debian/12/x86_64/6.1.0"},
       {"debian/12/x86_64/6.1.0.btf"}},
      {"embed",
       {"embed", "blob", "--object", "IN/linked.o", "--work-directory", "OUT/work", "--threads",
        "3", "--btf", "IN/kernel.btf=debian:12:x86_64:6.1.0", "--btf",
        "IN/other.btf=debian:11:x86_64:5.10.0", "--report", "OUT/bundle.json", "--depfile",
        "OUT/bundle.d", "--output", "OUT/bundle"},
       {"bundle", "bundle.json", "bundle.d"}},
      {"compile",
       {"compile", "--source", "IN/prog.bpf.c", "--marker-directory",
        EBPFKIT_SOURCE_DIR "/modules/detail/marker", "--header", "OUT/header/vmlinux.h", "--btf",
        "IN/kernel.btf", "--depfile", "OUT/prog.o.d", "--output", "OUT/prog.o", "--", "clang",
        "--target=bpf", "-O2", "-g"},
       {"header/vmlinux.h", "prog.o", "prog.o.d"}},
      {"link",
       {"object", "link", "--bpftool", "bpftool", "--endian", native_order(), "--output",
        "OUT/linked.o", "IN/first.o", "IN/second.o"},
       {"linked.o"}},
      {"cxx_skeleton",
       {"skeleton", "cxx", "--object", "IN/linked.o", "--name", "prog", "--output",
        "OUT/prog.skel.hpp"},
       {"prog.skel.hpp"}},
      {"c_skeleton",
       {"skeleton", "c", "--bpftool", "bpftool", "--object", "IN/linked.o", "--name", "prog",
        "--output", "OUT/prog.skel.h"},
       {"prog.skel.h"}},
      {"export",
       {"export", "cxx", "--btf", "IN/kernel.btf", "--type", "sample", "--depfile",
        "OUT/sample.hpp.d", "--output", "OUT/sample.hpp"},
       {"sample.hpp", "sample.hpp.d"}},
      {"minimise",
       {"core", "minimise", "IN/linked.o", "--btf", "IN/kernel.btf", "--output", "OUT/small.btf"},
       {"small.btf"}},
  };
}

// The kernel's `sample` has `count` members, and many other types.
std::vector<std::uint8_t> kernel(int count) {
  btf_builder types;
  const auto number = types.integer("int", 4, true);
  std::vector<std::string> names{"x"};
  for (int i = 1; i < count; ++i)
    names.push_back("member_with_a_long_name_" + std::to_string(i));
  std::vector<btf_builder::member> members;
  for (const auto& name : names)
    members.push_back({name, number, static_cast<std::uint32_t>(32 * members.size())});
  types.record("sample", static_cast<std::uint32_t>(4 * count), members);
  for (int i = 0; i < 2000; ++i)
    types.record("unrelated_" + std::to_string(i), 4, {{"z", number, 0}});
  return types.bytes();
}

std::string source(std::string_view name, int count) {
  return fmt::format(R"(
struct sample {{ int x; }} __attribute__((preserve_access_index));
char LICENSE_{0}[] __attribute__((section("license"), used)) = "GPL";
int total_{0};
const volatile char bytes_{0}[{1}] = {{1}};
__attribute__((section("raw_tp"), used)) int {0}(struct sample *sample) {{
  total_{0} += sample->x + bytes_{0}[{1} - 1];
  return 0;
}}
)",
                     name, count);
}

class tool_interrupted : public testing::TestWithParam<tool_command> {
 protected:
  // Makes two versions of the inputs, and finds out what an undisturbed run makes of each.
  void SetUp() override {
    for (const int version : {1, 2}) {
      make_inputs(version);
      if (HasFatalFailure())
        return;
      take_inputs(version);
      const auto begin = steady_clock::now();
      const auto result = run_process(words());
      whole_ = steady_clock::now() - begin;
      ASSERT_EQ(result.exit_status, 0) << result.errors;
      wanted_[version] = read_outputs();
      for (const auto& content : wanted_[version])
        ASSERT_NE(content, std::nullopt);
      fs::remove_all(out_);
    }
    ASSERT_NE(wanted_[1].front(), wanted_[2].front());
  }

  // Puts this version of the inputs in place, as an editor would.
  void take_inputs(int version) const {
    fs::create_directories(in_);
    for (const auto& entry : fs::directory_iterator(version_directory(version)))
      fs::copy_file(entry.path(), in_ / entry.path().filename(),
                    fs::copy_options::overwrite_existing);
  }

  std::vector<std::string> words() const {
    std::vector<std::string> words{EBPFKIT_TOOL};
    for (auto word : GetParam().words) {
      const std::pair<std::string_view, const fs::path&> places[] = {{"IN/", in_}, {"OUT/", out_}};
      for (const auto& [begin, directory] : places) {
        if (word.starts_with(begin))
          word = directory.string() + word.substr(begin.size() - 1);
      }
      words.push_back(word == "OUT" ? out_.string() : word);
    }
    return words;
  }

  // The outputs. Those that do not exist have no value.
  std::vector<std::optional<std::string>> read_outputs() const {
    std::vector<std::optional<std::string>> contents;
    for (const auto& output : GetParam().outputs) {
      const auto path = out_ / output;
      contents.push_back(fs::exists(path) ? std::optional(read_text(path)) : std::nullopt);
    }
    return contents;
  }

  // Expects that each output is complete, in one of both versions.
  void expect_old_or_new(int old_version, int new_version, const std::string& when) {
    const auto found = read_outputs();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const bool is_old =
          old_version == 0 ? found[i] == std::nullopt : found[i] == wanted_[old_version][i];
      EXPECT_TRUE(is_old || found[i] == wanted_[new_version][i])
          << GetParam().outputs[i] << " is neither the old nor the new one " << when;
    }
  }

  // Expects that a run makes this version, whatever is there.
  void expect_next_run_makes(int version, const std::string& when) {
    const auto result = run_process(words());
    EXPECT_EQ(result.exit_status, 0) << when << "\n" << result.errors;
    EXPECT_EQ(read_outputs() == wanted_[version], true)
        << "The outputs differ from those of a run that nobody disturbed, " << when;
  }

  std::vector<fs::path> temporary_entries() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(out_)) {
      if (is_temporary_name(entry.path().filename().string()))
        found.push_back(entry.path());
    }
    return found;
  }

  work_directory work_;
  fs::path in_ = work_.path() / "in";
  fs::path out_ = work_.path() / "out";
  steady_clock::duration whole_{};
  std::map<int, std::vector<std::optional<std::string>>> wanted_;

 private:
  fs::path version_directory(int version) const {
    return work_.path() / ("version" + std::to_string(version));
  }

  void make_inputs(int version) const {
    const auto name = "version" + std::to_string(version) + "/";
    const int count = 200 + 100 * version;
    const auto btf = kernel(count);
    const auto write = [&](const std::string& file, const std::vector<std::uint8_t>& bytes) {
      work_.write(name + file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    };
    write("kernel.btf", btf);
    write("kernel.btf.gz", input_test::compress_gzip(btf));
    write("other.btf", kernel(count + 1));
    work_.write(name + "prog.bpf.c", "#include <vmlinux.h>\n" +
                                         source("prog", count).substr(source("", 0).find("char")));
    for (const auto* program : {"first", "second"}) {
      const auto file = work_.write(name + program + ".bpf.c", source(program, count));
      ASSERT_EQ(complaint_of({"clang", "--target=bpf", "-O2", "-g", "-c", file.string(), "-o",
                              (version_directory(version) / program).string() + ".o"}),
                "");
    }
    const auto path = version_directory(version).string();
    ASSERT_EQ(complaint_of({EBPFKIT_TOOL, "object", "link", "--bpftool", "bpftool", "--endian",
                            native_order(), "--output", path + "/linked.o", path + "/first.o",
                            path + "/second.o"}),
              "");
  }
};

INSTANTIATE_TEST_SUITE_P(every_command, tool_interrupted, testing::ValuesIn(commands()),
                         [](const auto& test) { return std::string(test.param.name); });

// Starts the command in a process group of its own.
pid_t start(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0)
    return child;
  ::setpgid(0, 0);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

TEST_P(tool_interrupted, killed_runs_lose_nothing_and_leave_nothing) {
  std::mt19937 random(std::random_device{}());
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(whole_).count();
  std::uniform_int_distribution<std::int64_t> delays(0, microseconds * 5 / 4);
  int old_version = 0;
  for (int round = 1; round <= wanted_rounds(); ++round) {
    const int new_version = round % 2 + 1;
    take_inputs(new_version);
    const std::chrono::microseconds delay(delays(random));
    const pid_t child = start(words());
    ASSERT_GT(child, 0);
    ::setpgid(child, child);  // whoever is first: the child may not run yet
    std::this_thread::sleep_for(delay);
    ::kill(-child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto when =
        fmt::format("in round {}, killed after {} microseconds", round, delay.count());
    expect_old_or_new(old_version, new_version, when);
    expect_next_run_makes(new_version, when);
    old_version = new_version;
  }

  // Temporary files stay for a day, because another run may still write them. Then they go.
  for (const auto& left : temporary_entries()) {
    const auto yesterday = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() -
                                                                std::chrono::hours(25));
    const std::array<timespec, 2> times{timespec{yesterday, 0}, timespec{yesterday, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, left.c_str(), times.data(), 0), 0);
  }
  take_inputs(old_version == 1 ? 2 : 1);
  expect_next_run_makes(old_version == 1 ? 2 : 1, "in the end");
  EXPECT_THAT(temporary_entries(), testing::IsEmpty());
}

// The disk is full at the first write, at the second, and so on, until all files fit.
TEST_P(tool_interrupted, a_full_disk_gives_one_error_at_every_write) {
  int failures = 0;
  for (std::size_t pages = 1;; pages += 1 + pages / 4) {
    ASSERT_LT(pages, 300U);
    const small_disk disk(out_, 1000);
    if (!disk.is_mounted())
      GTEST_SKIP() << "needs root";
    take_inputs(1);
    expect_next_run_makes(1, "before the disk is full");
    ASSERT_FALSE(HasFailure());
    // What the old outputs take is taken. `pages` more are free.
    struct statvfs space {};
    ASSERT_EQ(::statvfs(out_.c_str(), &space), 0);
    ASSERT_TRUE(disk.grow(space.f_blocks - space.f_bfree + pages - 1));
    take_inputs(2);
    const auto result = run_process(words());
    EXPECT_THAT(temporary_entries(), testing::IsEmpty()) << pages;
    if (result.exit_status == 0)
      break;
    ++failures;
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.errors, testing::HasSubstr("No space left on device")) << pages;
    EXPECT_THAT(result.errors, testing::StartsWith("ebpfkit: cannot write '" + out_.string()))
        << pages;
    EXPECT_EQ(result.errors.find("ebpfkit: ", 1), std::string::npos) << result.errors;
    const auto when = fmt::format("with {} free pages", pages - 1);
    expect_old_or_new(1, 2, when);
    ASSERT_TRUE(disk.grow(1000));
    expect_next_run_makes(2, when);
    if (HasFailure())
      break;
  }
  EXPECT_GE(failures, 1);
}

}  // namespace
}  // namespace ebpfkit::host::test
