// Measures what bindings cost. Compiles and links BPF programs with automatic bindings and with one
// whole vmlinux.h. Also compares bindings for ten named types with `bpftool btf dump`. Prints a
// table in Markdown. See docs/bindings-benchmark.md.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "object_comparison.hpp"
#include "programs.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host::bench {

namespace {

namespace fs = std::filesystem;

struct options {
  std::string tool, clang, bpftool, endian;
  fs::path btf, sources, marker, work, report;
  std::vector<std::string> flags;
  int rounds = 5;
};

// Makes the object of one source in both ways.
class pipeline {
 public:
  pipeline(const options& given, const fs::path& whole_header, fs::path source)
      : given_(given), whole_header_(whole_header), source_(std::move(source)) {
    directory_ = given_.work / "objects" / source_.stem();
  }

  cost automatic() const {
    fs::remove_all(directory_ / "automatic");
    return compile_and_link("automatic",
                            {"--marker-directory", given_.marker.string(), "--header",
                             (directory_ / "automatic" / "bindings" / "vmlinux.h").string(),
                             "--btf", given_.btf.string(), "--btf-sha256", "known"},
                            {});
  }

  cost whole() const {
    fs::remove_all(directory_ / "whole");
    return compile_and_link("whole", {}, {"-I" + whole_header_.parent_path().string()});
  }

  bool has_same_instructions() const {
    return test::difference_of(directory_ / "automatic" / "linked.o",
                               directory_ / "whole" / "linked.o")
        .empty();
  }

  std::string name() const { return source_.stem().stem().string(); }

 private:
  cost compile_and_link(const std::string& way, const std::vector<std::string>& arguments,
                        const std::vector<std::string>& flags) const {
    const auto directory = directory_ / way;
    fs::create_directories(directory);
    const auto object = (directory / "compiled.o").string();
    std::vector<std::string> command = {given_.tool, "compile", "--source",  source_.string(),
                                        "--output",  object,    "--depfile", object + ".d"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--", given_.clang});
    command.insert(command.end(), given_.flags.begin(), given_.flags.end());
    command.insert(command.end(), flags.begin(), flags.end());
    auto sum = run(command);
    sum += run({given_.tool, "object", "link", "--endian", given_.endian, "--bpftool",
                given_.bpftool, "--output", (directory / "linked.o").string(), object});
    return sum;
  }

  const options& given_;
  fs::path whole_header_;
  fs::path source_;
  fs::path directory_;
};

struct comparison {
  std::vector<cost> ours;
  std::vector<cost> theirs;
};

std::string row(const std::string& name, const cost& ours, const cost& theirs,
                const std::string& note) {
  return fmt::format("| {} | {:.2f} | {:.2f} | {} |\n", name, ours.cpu / theirs.cpu,
                     ours.wall / theirs.wall, note);
}

std::vector<fs::path> all_sources(const options& given) {
  std::vector<fs::path> sources;
  for (const auto& entry : fs::directory_iterator(given.sources)) {
    if (entry.path().filename().string().ends_with(".bpf.c"))
      sources.push_back(entry.path());
  }
  for (const auto& program : generate_programs()) {
    sources.push_back(given.work / "generated" / (program.name + ".bpf.c"));
    write_output(sources.back(), program.text, unchanged::keep);
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

// Adds a row for each program to the table, then the sum. Returns false when instructions differ.
bool compare_programs(const options& given, std::string& table) {
  // Do not use bpftool's header. Old versions of bpftool write enums of one byte like ints, so that
  // records with such enums have other offsets until CO-RE relocates them. Then instructions cannot
  // be compared.
  const auto whole_header = given.work / "whole" / "vmlinux.h";
  run({given.tool, "bindings", "--btf", given.btf.string(), "--whole", "--output",
       whole_header.string()});

  const auto sources = all_sources(given);
  std::vector<comparison> results(sources.size());
  for (int round = 0; round < given.rounds; ++round) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const pipeline way(given, whole_header, sources[i]);
      results[i].ours.push_back(way.automatic());
      results[i].theirs.push_back(way.whole());
    }
  }

  cost our_sum;
  cost their_sum;
  bool all_same = true;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const pipeline way(given, whole_header, sources[i]);
    const bool is_same = way.has_same_instructions();
    all_same = all_same && is_same;
    const auto ours = median(results[i].ours);
    const auto theirs = median(results[i].theirs);
    our_sum += ours;
    their_sum += theirs;
    table += row(way.name(), ours, theirs, is_same ? "same" : "**differ**");
  }
  table += row(fmt::format("**all {} programs**", sources.size()), our_sum, their_sum,
               all_same ? "same" : "**differ**");
  return all_same;
}

void compare_naming(const options& given, std::string& table) {
  std::vector<std::string> ours = {
      given.tool,     "bindings", "--btf",    given.btf.string(),
      "--btf-sha256", "known",    "--output", (given.work / "ten.h").string()};
  for (const auto* type : {"task_struct", "sk_buff", "sock", "file", "inode", "dentry", "cred",
                           "mm_struct", "bio", "net_device"})
    ours.insert(ours.end(), {"--type", type});
  const std::vector<std::string> theirs = {given.bpftool,      "btf",    "dump", "file",
                                           given.btf.string(), "format", "c"};
  comparison result;
  for (int round = 0; round < given.rounds * 4; ++round) {
    result.ours.push_back(run(ours));
    result.theirs.push_back(run(theirs));
  }
  table +=
      row("ten named types / `bpftool btf dump`", median(result.ours), median(result.theirs), "");
}

int measure(const options& given) {
  std::string table = "| program | CPU time | wall time | instructions |\n|---|---:|---:|---|\n";
  const bool all_same = compare_programs(given, table);
  compare_naming(given, table);
  std::fputs(table.c_str(), stdout);
  if (!given.report.empty())
    write_output(given.report, table, unchanged::keep);
  if (!all_same)
    throw failure("instructions differ between the two ways to get kernel types");
  return 0;
}

}  // namespace

}  // namespace ebpfkit::host::bench

int main(int argc, char** argv) {
  ebpfkit::host::bench::options given;
  CLI::App app{"What bindings cost, against a whole vmlinux.h", "ebpfkit_bench"};
  app.add_option("--tool", given.tool, "ebpfkit")->required();
  app.add_option("--clang", given.clang, "clang for BPF")->required();
  app.add_option("--bpftool", given.bpftool, "bpftool")->required();
  app.add_option("--endian", given.endian, "Byte order of the objects: little or big")->required();
  app.add_option("--btf", given.btf, "A kernel's BTF, raw")->required()->check(CLI::ExistingFile);
  app.add_option("--sources", given.sources, "Directory of *.bpf.c")->required();
  app.add_option("--marker-directory", given.marker, "See `ebpfkit compile`")->required();
  app.add_option("--work-directory", given.work, "Directory for what is made")->required();
  app.add_option("--report", given.report, "File that the table is written to as well");
  app.add_option("--rounds", given.rounds, "Times that each is run; medians are told")
      ->check(CLI::PositiveNumber);
  app.add_option("flags", given.flags, "clang's flags, after --")->required();
  try {
    app.parse(argc, argv);
    return ebpfkit::host::bench::measure(given);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebpfkit_bench: {}\n", error.what());
    return 1;
  }
}
