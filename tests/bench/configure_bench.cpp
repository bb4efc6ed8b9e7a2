// Measures what configuring costs with many BPF programs, compared with the same programs in plain
// CMake (configure/reference.cmake). Prints a table in Markdown. See docs/configure-benchmark.md.
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
#include <utility>
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

// Alternates between both ways, so that other work on the machine affects both.
std::pair<figures, figures> measure(const options& given, int count) {
  const project kit(given, given.work / "ebpfkit", "find_package(EbpfKit REQUIRED)\n", kit_commands,
                    count);
  const project reference(given, given.work / "reference",
                          fmt::format("include(\"{}\")\n", given.reference.string()),
                          reference_commands, count);
  struct series {
    std::vector<cost> first, again, no_op;
  };
  const auto take_rounds = [&](const project& one, series& costs) {
    one.forget_build();
    costs.first.push_back(one.configure());
    costs.again.push_back(one.configure());
  };
  series kit_costs, reference_costs;
  for (int round = 0; round < given.rounds; ++round) {
    take_rounds(kit, kit_costs);
    take_rounds(reference, reference_costs);
  }
  if (!given.without_builds) {
    kit.build();
    reference.build();
    for (int round = 0; round < given.rounds; ++round) {
      kit_costs.no_op.push_back(kit.build());
      reference_costs.no_op.push_back(reference.build());
    }
  }
  const auto figures_of = [](const project& one, const series& costs) {
    return figures{median(costs.first), median(costs.again),
                   costs.no_op.empty() ? cost{} : median(costs.no_op), one.build_system_size()};
  };
  return {figures_of(kit, kit_costs), figures_of(reference, reference_costs)};
}

std::string row(int count, std::string_view what, double kit, double reference,
                std::string_view format) {
  return fmt::format("| {} | {} | {} | {} | {:.2f} |\n", count, what,
                     fmt::format(fmt::runtime(format), kit),
                     fmt::format(fmt::runtime(format), reference), kit / reference);
}

std::string measure_all(const options& given) {
  std::string table =
      "| programs | what | EbpfKit | plain CMake | ratio |\n|---:|---|---:|---:|---:|\n";
  for (const auto count : given.counts) {
    const auto [kit, reference] = measure(given, count);
    const auto milliseconds = [&](std::string_view what, const cost& one, const cost& other) {
      table += row(count, what, one.cpu * 1e3, other.cpu * 1e3, "{:.0f} ms");
    };
    milliseconds("configure", kit.first, reference.first);
    milliseconds("configure again", kit.again, reference.again);
    if (!given.without_builds)
      milliseconds("build, nothing to do", kit.no_op, reference.no_op);
    table += row(count, "build system's files", static_cast<double>(kit.size) / 1e3,
                 static_cast<double>(reference.size) / 1e3, "{:.0f} kB");
    table +=
        row(count, "peak memory, configure again", static_cast<double>(kit.again.peak_memory) / 1e6,
            static_cast<double>(reference.again.peak_memory) / 1e6, "{:.0f} MB");
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
    given.prefix = std::filesystem::absolute(given.prefix);
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
