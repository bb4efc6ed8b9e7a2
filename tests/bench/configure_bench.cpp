// Measures what configuring costs with many BPF programs, compared with the same programs in plain
// CMake (configure/reference.cmake), with few targets and with the targets that EbpfKit makes.
// Prints a table in Markdown. See docs/configure-benchmark.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "measure.hpp"

namespace ebpfkit::host::bench {

namespace {

namespace fs = std::filesystem;

struct options {
  std::string cmake = "cmake";
  std::string generator = "Ninja";
  fs::path prefix, reference, work, report;
  std::vector<int> counts{10, 100, 1000};
  int rounds = 5;
  bool without_builds = false;
};

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

// A project of `count` applications. Each has a BPF program of one source, which `commands` adds.
class project {
 public:
  project(const options& given, fs::path directory, std::string_view head,
          std::string (*commands)(const std::string& name), int count)
      : given_(given), source_(directory / "source"), build_(directory / "build") {
    fs::remove_all(directory);
    fs::create_directories(source_);
    std::string text =
        "cmake_minimum_required(VERSION 3.25)\nproject(bench LANGUAGES C)\n" + std::string(head);
    for (int i = 0; i < count; ++i) {
      const auto name = fmt::format("program_{}", i);
      text += commands(name);
      write_file(source_ / (name + ".bpf.c"),
                 fmt::format("#include \"vmlinux.h\"\n"
                             "#include <bpf/bpf_helpers.h>\n"
                             "int last_{0};\n"
                             "SEC(\"raw_tp/sched_process_exec\") int on_exec(void* context) {{\n"
                             "  struct task_struct* task = (void*)bpf_get_current_task();\n"
                             "  last_{0} = __builtin_preserve_access_index(task->flags) != 0;\n"
                             "  return 0;\n"
                             "}}\n"
                             "char LICENSE[] SEC(\"license\") = \"GPL\";\n",
                             i));
      write_file(source_ / (name + ".c"),
                 fmt::format("#include \"{}.skel.h\"\nint main(void) {{ return 0; }}\n", name));
    }
    write_file(source_ / "CMakeLists.txt", text);
  }

  void forget_build() const { fs::remove_all(build_); }

  cost configure() const {
    return run({given_.cmake, "-S", source_.string(), "-B", build_.string(), "-G", given_.generator,
                "-DCMAKE_PREFIX_PATH=" + given_.prefix.string()});
  }

  cost build() const { return run({given_.cmake, "--build", build_.string(), "--parallel"}); }

  // The size of the build system's files: Ninja's file, or all makefiles.
  std::uint64_t build_system_size() const {
    std::uint64_t size = 0;
    for (const auto& file : fs::recursive_directory_iterator(build_)) {
      const auto name = file.path().filename().string();
      if (file.is_regular_file() &&
          (name.ends_with(".ninja") || name.ends_with(".make") || name.starts_with("Makefile")))
        size += file.file_size();
    }
    return size;
  }

 private:
  const options& given_;
  fs::path source_;
  fs::path build_;
};

std::string kit_commands(const std::string& name) {
  return fmt::format(
      "ebpf_add_program({0}_bpf SOURCES {0}.bpf.c OUTPUT_NAME {0})\n"
      "ebpf_add_skeleton({0}_skeleton PROGRAM {0}_bpf)\n"
      "add_executable({0} {0}.c)\n"
      "target_link_libraries({0} PRIVATE {0}_skeleton)\n",
      name);
}

std::string reference_commands(const std::string& name) {
  return fmt::format("reference_application({})\n", name);
}

struct figures {
  cost first, again, no_op;
  std::uint64_t size = 0;
};

// One way to write the projects, with what its rounds cost so far.
struct contender {
  project its_project;
  std::vector<cost> first, again, no_op;

  figures medians() const {
    return {median(first), median(again), no_op.empty() ? cost{} : median(no_op),
            its_project.build_system_size()};
  }
};

struct comparison {
  figures kit, reference, same_targets;
};

// Alternates between the ways, so that other work on the machine affects all of them.
comparison measure(const options& given, int count) {
  const auto include_reference = fmt::format("include(\"{}\")\n", given.reference.string());
  contender contenders[] = {
      {project(given, given.work / "ebpfkit", "find_package(EbpfKit REQUIRED)\n", kit_commands,
               count),
       {},
       {},
       {}},
      {project(given, given.work / "reference", include_reference, reference_commands, count),
       {},
       {},
       {}},
      {project(given, given.work / "same_targets",
               "set(REFERENCE_SAME_TARGETS ON)\n" + include_reference, reference_commands, count),
       {},
       {},
       {}}};
  for (int round = 0; round < given.rounds; ++round) {
    for (auto& each : contenders) {
      each.its_project.forget_build();
      each.first.push_back(each.its_project.configure());
      each.again.push_back(each.its_project.configure());
    }
  }
  if (!given.without_builds) {
    for (const auto& each : contenders)
      each.its_project.build();
    for (int round = 0; round < given.rounds; ++round)
      for (auto& each : contenders)
        each.no_op.push_back(each.its_project.build());
  }
  return {contenders[0].medians(), contenders[1].medians(), contenders[2].medians()};
}

std::string measure_all(const options& given) {
  std::string table =
      "| programs | what | EbpfKit | plain CMake | ratio | plain CMake, same targets | ratio |\n"
      "|---:|---|---:|---:|---:|---:|---:|\n";
  for (const auto count : given.counts) {
    const auto measured = measure(given, count);
    const auto row = [&](std::string_view what, std::string_view unit, auto&& figure) {
      const double kit = figure(measured.kit);
      const double reference = figure(measured.reference);
      const double same_targets = figure(measured.same_targets);
      table += fmt::format("| {} | {} | {:.0f} {} | {:.0f} {} | {:.2f} | {:.0f} {} | {:.2f} |\n",
                           count, what, kit, unit, reference, unit, kit / reference, same_targets,
                           unit, kit / same_targets);
    };
    row("configure", "ms", [](const figures& of) { return of.first.cpu * 1e3; });
    row("configure again", "ms", [](const figures& of) { return of.again.cpu * 1e3; });
    if (!given.without_builds)
      row("build, nothing to do", "ms", [](const figures& of) { return of.no_op.cpu * 1e3; });
    row("build system's files", "kB",
        [](const figures& of) { return static_cast<double>(of.size) / 1e3; });
    row("peak memory, configure again", "MB",
        [](const figures& of) { return static_cast<double>(of.again.peak_memory) / 1e6; });
  }
  return table;
}

}  // namespace

}  // namespace ebpfkit::host::bench

int main(int argc, char** argv) {
  ebpfkit::host::bench::options given;
  CLI::App app(
      "Measures what configuring costs with many BPF programs, against the same in plain CMake");
  app.add_option("--cmake", given.cmake, "cmake")->capture_default_str();
  app.add_option("--generator", given.generator, "Generator of CMake")->capture_default_str();
  app.add_option("--prefix", given.prefix, "Where EbpfKit is installed")->required();
  app.add_option("--reference", given.reference, "configure/reference.cmake")->required();
  app.add_option("--work-directory", given.work, "For the projects; is emptied")->required();
  app.add_option("--report", given.report, "File that the table is written to, too");
  app.add_option("--programs", given.counts, "Numbers of programs (repeatable)")
      ->capture_default_str();
  app.add_option("--rounds", given.rounds, "How often each command is run")->capture_default_str();
  app.add_flag("--without-builds", given.without_builds, "Configure only");
  CLI11_PARSE(app, argc, argv);
  try {
    for (auto* path : {&given.prefix, &given.reference, &given.work})
      *path = std::filesystem::absolute(*path);
    const auto table = ebpfkit::host::bench::measure_all(given);
    std::fputs(table.c_str(), stdout);
    if (!given.report.empty())
      ebpfkit::host::bench::write_file(given.report, table);
  } catch (const std::exception& error) {
    fmt::print(stderr, "configure_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
