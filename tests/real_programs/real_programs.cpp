// Compiles BPF programs that others wrote, with automatic bindings and with the whole header of a
// kernel's types. Compares the objects. Made for ctest: exit status 77 means "skipped".
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "object_comparison.hpp"
#include "sources/identifiers.hpp"
#include "sources/scan.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::test {

namespace {

namespace fs = std::filesystem;

struct options {
  std::string tool;
  fs::path btf, marker, list, work, report;
  std::vector<std::string> compiler;
  std::size_t expected = 1;
  std::size_t step = 1;
};

// A line of the list: group, source and flags, separated by tabs.
struct program {
  std::string group;
  fs::path source;
  std::vector<std::string> flags;
};

enum class outcome {
  same,
  not_asked,        // the program does not include the header
  whole_fails,      // it does not compile with all types of this kernel
  automatic_fails,  // it compiles with these, but not with automatic bindings: what this test is
                    // for
  differs,
};

struct result {
  outcome what = outcome::not_asked;
  std::string detail;
};

constexpr const char* header_name = "vmlinux.h";

std::vector<program> read_list(const fs::path& path) {
  std::vector<program> programs;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> words(1);
    for (const char c : line) {
      if (c == '\t')
        words.emplace_back();
      else
        words.back() += c;
    }
    if (words.size() < 2)
      throw failure(fmt::format("'{}': a line without a source: {}", path.string(), line));
    programs.push_back({words[0], words[1], {words.begin() + 2, words.end()}});
  }
  return programs;
}

// Returns the compiler's first error, which is the most useful one.
std::string first_error(const std::string& text) {
  auto at = text.find("error: ");
  if (at == std::string::npos)
    return text.substr(0, text.find('\n'));
  return text.substr(at, text.find('\n', at) - at);
}

class comparison {
 public:
  comparison(const options& given, const program& tried, fs::path whole_header)
      : given_(given), tried_(tried), whole_header_(std::move(whole_header)) {
    // Several groups have sources of the same name.
    auto name = tried.source.string();
    std::replace(name.begin(), name.end(), '/', '-');
    directory_ = given.work / "objects" / tried.group / name;
  }

  result run() const {
    if (!includes_kernel_types())
      return {};
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    const auto whole = compile("whole.o", {}, {"-I" + whole_header_.parent_path().string()});
    if (whole.exit_status != 0)
      return {outcome::whole_fails, first_error(whole.errors)};
    const auto automatic = compile("automatic.o",
                                   {"--marker-directory", given_.marker.string(), "--header",
                                    (directory_ / "bindings" / header_name).string(), "--btf",
                                    given_.btf.string(), "--btf-sha256", "known"},
                                   {});
    if (automatic.exit_status != 0)
      return {outcome::automatic_fails, first_error(automatic.errors)};
    const auto difference = difference_of(directory_ / "automatic.o", directory_ / "whole.o");
    if (!difference.empty())
      return {outcome::differs, difference};
    fs::remove_all(directory_);
    return {outcome::same, {}};
  }

 private:
  bool includes_kernel_types() const {
    auto command = given_.compiler;
    command.insert(command.end(), tried_.flags.begin(), tried_.flags.end());
    auto words = scan_source(tried_.source, header_name, command);
    if (!words) {
      try {
        words = preprocess({command, tried_.source, given_.marker});
      } catch (const compile_failure&) {
        return true;  // compiling with the whole header reports this failure
      }
    }
    return words->contains(header_marker);
  }

  process_result compile(const std::string& object, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& flags) const {
    const auto path = (directory_ / object).string();
    std::vector<std::string> command = {given_.tool, "compile", "--source",  tried_.source.string(),
                                        "--output",  path,      "--depfile", path + ".d"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.emplace_back("--");
    command.insert(command.end(), given_.compiler.begin(), given_.compiler.end());
    command.insert(command.end(), tried_.flags.begin(), tried_.flags.end());
    command.insert(command.end(), flags.begin(), flags.end());
    return run_process(command);
  }

  const options& given_;
  const program& tried_;
  fs::path whole_header_;
  fs::path directory_;
};

std::vector<result> compare_all(const options& given, const std::vector<program>& programs,
                                const fs::path& whole_header) {
  std::vector<result> results(programs.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (auto i = next++; i < programs.size(); i = next++) {
      try {
        results[i] = comparison(given, programs[i], whole_header).run();
      } catch (const std::exception& error) {
        results[i] = {outcome::automatic_fails, error.what()};
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(2U, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back(work);
  for (auto& thread : threads)
    thread.join();
  return results;
}

std::string section_of(std::string_view title, outcome what, const std::vector<program>& programs,
                       const std::vector<result>& results) {
  std::string text;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    if (results[i].what == what)
      text += fmt::format("  {} {}: {}\n", programs[i].group,
                          programs[i].source.filename().string(), results[i].detail);
  }
  return text.empty() ? text : fmt::format("{}:\n{}", title, text);
}

std::string summary_of(const std::vector<program>& programs, const std::vector<result>& results) {
  std::map<std::string, std::map<outcome, int>> counts;
  for (std::size_t i = 0; i < programs.size(); ++i)
    ++counts[programs[i].group][results[i].what];
  std::string text;
  for (auto& [group, count] : counts)
    text += fmt::format(
        "{}: {} the same, {} differ, {} do not compile with automatic bindings, {} not with the "
        "whole header either, {} do not include {}\n",
        group, count[outcome::same], count[outcome::differs], count[outcome::automatic_fails],
        count[outcome::whole_fails], count[outcome::not_asked], header_name);
  return text;
}

int compare(const options& given) {
  auto programs = read_list(given.list);
  std::size_t number = 0;
  std::erase_if(programs, [&](const program&) { return number++ % given.step != 0; });
  const auto whole_header = given.work / "whole" / header_name;
  const auto made = run_process({given.tool, "bindings", "--btf", given.btf.string(), "--whole",
                                 "--output", whole_header.string()});
  if (made.exit_status != 0)
    throw failure(fmt::format("no whole header: {}", made.errors));
  const auto results = compare_all(given, programs, whole_header);

  auto text =
      section_of("not with the whole header of this kernel either", outcome::whole_fails, programs,
                 results) +
      section_of("FAILED with automatic bindings", outcome::automatic_fails, programs, results) +
      section_of("FAILED, different objects", outcome::differs, programs, results) +
      summary_of(programs, results);
  std::fputs(text.c_str(), stdout);
  if (!given.report.empty())
    write_output(given.report, text, unchanged::keep);
  const auto count = [&](outcome what) {
    return static_cast<std::size_t>(std::count_if(
        results.begin(), results.end(), [&](const result& each) { return each.what == what; }));
  };
  if (count(outcome::automatic_fails) + count(outcome::differs) != 0)
    throw failure("automatic bindings and the whole header are not the same to these programs");
  if (count(outcome::same) < given.expected)
    throw failure(fmt::format("only {} programs could be compared, expected are {}",
                              count(outcome::same), given.expected));
  return 0;
}

}  // namespace

}  // namespace ebpfkit::host::test

int main(int argc, char** argv) {
  ebpfkit::host::test::options given;
  CLI::App app{"Automatic bindings against the whole header", "ebpfkit_real_programs"};
  app.add_option("--tool", given.tool, "ebpfkit")->required();
  app.add_option("--btf", given.btf, "A kernel's BTF")->required()->check(CLI::ExistingFile);
  app.add_option("--marker-directory", given.marker, "See `ebpfkit compile`")->required();
  app.add_option("--list", given.list, "Lines of group, source and flags, with tabs between")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--work-directory", given.work, "Directory for what is made")->required();
  app.add_option("--report", given.report, "File that the result is written to as well");
  app.add_option("--expected", given.expected, "Programs that must be comparable at least");
  app.add_option("--every", given.step, "Take each program of this number: 3 is each third one")
      ->check(CLI::PositiveNumber);
  app.add_option("compiler", given.compiler, "clang and its flags, after --")->required();
  try {
    app.parse(argc, argv);
    return ebpfkit::host::test::compare(given);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebpfkit_real_programs: {}\n", error.what());
    return 1;
  }
}
