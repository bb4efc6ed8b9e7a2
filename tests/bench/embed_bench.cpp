// Measures what it costs to embed the BTF of many kernels with `ebpfkit embed blob`. Compares that
// with the usual way: `bpftool gen min_core_btf` for each kernel, and a gzipped tar of the results.
// Prints tables in Markdown. See docs/embedding-benchmark.md.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../unit/relocation_variant.hpp"
#include "embed/embedded_btf_format.hpp"
#include "embed/kernel_identity.hpp"
#include "input/btf_input.hpp"
#include "kernel_series.hpp"
#include "measure.hpp"
#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::bench {

namespace {

namespace fs = std::filesystem;

struct options {
  std::string tool, clang, bpftool, endian, lookup;
  fs::path marker, work, report;
  std::vector<fs::path> btfs, sources;
  std::vector<std::string> flags;
  std::vector<std::size_t> counts{1, 10, 100, 1000};
};

// The application's BPF objects, compiled for the first kernel.
std::vector<fs::path> compile(const options& given) {
  std::vector<fs::path> objects;
  for (const auto& source : given.sources) {
    const auto directory = given.work / "objects" / source.stem();
    fs::create_directories(directory);
    const auto object = (directory / "compiled.o").string();
    std::vector<std::string> command = {given.tool,
                                        "compile",
                                        "--source",
                                        source.string(),
                                        "--output",
                                        object,
                                        "--depfile",
                                        object + ".d",
                                        "--marker-directory",
                                        given.marker.string(),
                                        "--header",
                                        (directory / "vmlinux.h").string(),
                                        "--btf",
                                        given.btfs.front().string(),
                                        "--btf-sha256",
                                        "known",
                                        "--",
                                        given.clang};
    command.insert(command.end(), given.flags.begin(), given.flags.end());
    command.push_back("-I" + source.parent_path().string());
    run(command);
    objects.push_back(directory / "linked.o");
    run({given.tool, "object", "link", "--endian", given.endian, "--bpftool", given.bpftool,
         "--output", objects.back().string(), object});
  }
  return objects;
}

// What one way makes of the kernels.
struct outcome {
  cost build;
  std::uint64_t bytes = 0;
};

// `ebpfkit embed blob`.
class our_way {
 public:
  our_way(const options& given, std::vector<fs::path> objects, fs::path kernels)
      : given_(given), objects_(std::move(objects)), kernels_(std::move(kernels)) {
    fs::remove_all(work());
    fs::remove(file());
  }

  fs::path file() const { return given_.work / "kernels.ebpf_btf"; }

  outcome build() const { return build(objects_); }

  // Builds again after a change of the first object that keeps its relocations.
  outcome build_with_other_logic(const fs::path& changed) const {
    auto objects = objects_;
    objects.front() = changed;
    return build(objects);
  }

 private:
  fs::path work() const { return given_.work / "embed"; }

  outcome build(const std::vector<fs::path>& objects) const {
    std::vector<std::string> command = {given_.tool,     "embed",           "blob",
                                        "--btf",         kernels_.string(), "--work-directory",
                                        work().string(), "--output",        file().string()};
    for (const auto& object : objects)
      command.insert(command.end(), {"--object", object.string()});
    const auto spent = run(command);
    return {spent, fs::file_size(file())};
  }

  const options& given_;
  std::vector<fs::path> objects_;
  fs::path kernels_;
};

// Runs bpftool once for each kernel, then tar and gzip.
class usual_way {
 public:
  usual_way(const options& given, const std::vector<fs::path>& objects, fs::path kernels)
      : given_(given), objects_(objects), kernels_(std::move(kernels)) {
    fs::remove_all(directory());
  }

  fs::path directory() const { return given_.work / "bpftool"; }
  fs::path archive() const { return given_.work / "kernels.tar.gz"; }
  fs::path minimised(const fs::path& kernel) const {
    return directory() / fs::relative(kernel, kernels_);
  }

  outcome build(const std::vector<fs::path>& kernels) const {
    cost sum;
    for (const auto& kernel : kernels) {
      const auto to = minimised(kernel);
      fs::create_directories(to.parent_path());
      std::vector<std::string> command = {given_.bpftool, "gen", "min_core_btf", kernel.string(),
                                          to.string()};
      for (const auto& object : objects_)
        command.push_back(object.string());
      sum += run(command);
    }
    const auto tar = given_.work / "kernels.tar";
    fs::remove(archive());
    sum += run({"tar", "--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner",
                "--mtime=@0", "--file", tar.string(), "--directory", directory().string(), "."});
    sum += run({"gzip", "--best", "--no-name", tar.string()});
    return {sum, fs::file_size(archive())};
  }

 private:
  const options& given_;
  const std::vector<fs::path>& objects_;
  fs::path kernels_;
};

// Requires that the BTF of both ways gives every relocation the same outcome. Returns how many
// relocations were compared.
std::size_t compare_outcomes(const std::vector<program_object>& objects, const core_target& ours,
                             const core_target& theirs, const fs::path& kernel) {
  std::size_t compared = 0;
  for (const auto& object : objects) {
    const auto on_ours = resolve(object, ours);
    const auto on_theirs = resolve(object, theirs);
    for (std::size_t i = 0; i < on_ours.size(); ++i) {
      const auto& relocation = object.relocations()[i];
      // Do not compare the type id itself: it belongs to the BTF that libbpf gets.
      const bool is_same = on_ours[i].status == on_theirs[i].status &&
                           (relocation.kind == relocation_kind::type_id_target ||
                            on_ours[i].code == on_theirs[i].code);
      if (!is_same)
        throw failure(fmt::format("'{}': bpftool's BTF and ours differ about {}", kernel.string(),
                                  relocation_text(object, relocation, &on_ours[i])));
      ++compared;
    }
  }
  return compared;
}

struct comparison {
  std::size_t relocations = 0;
  std::size_t distinct = 0;  // number of different minimised BTFs
};

comparison compare(const std::vector<fs::path>& object_files, const our_way& ours,
                   const usual_way& theirs, const std::vector<fs::path>& kernels) {
  std::vector<program_object> objects;
  for (const auto& file : object_files)
    objects.emplace_back(file);
  const auto file = read_file(ours.file());
  const char* problem = nullptr;
  const auto reader = detail::embedded_btf_reader::open(
      {reinterpret_cast<const char*>(file.data()), file.size()}, problem);
  if (!reader || reader->kernel_count() != kernels.size())
    throw failure(reader ? "kernels are missing in the bundle" : problem);
  comparison result;
  result.distinct = reader->blob_count();
  for (const auto& kernel : kernels) {
    const auto identity = kernel_identity_of_path(kernel);
    const auto [first, behind] = reader->find(identity.architecture, identity.release);
    const auto blob = behind == first + 1 ? reader->blob(reader->kernel(first).blob) : std::nullopt;
    if (!blob)
      throw failure(fmt::format("'{}' is not in the bundle", kernel.string()));
    std::vector<std::uint8_t> bytes(blob->begin(), blob->end());
    const core_target on_ours(std::make_shared<const type_graph>(std::move(bytes)));
    const auto reference = theirs.minimised(kernel);
    const core_target on_theirs(open_btf(reference));
    result.relocations += compare_outcomes(objects, on_ours, on_theirs, kernel);
  }
  return result;
}

// Writes a copy of the object with another license. No relocation sees this change, like a change
// of the program's logic.
fs::path change_logic(const options& given, const fs::path& object) {
  auto bytes = read_file(object);
  constexpr std::string_view license = "GPL";
  const auto found = std::search(bytes.begin(), bytes.end(), license.begin(), license.end());
  if (found == bytes.end())
    throw failure(fmt::format("'{}' has no license \"GPL\"", object.string()));
  *found = 'g';
  const auto changed = given.work / "changed.o";
  write_output(changed, {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
               unchanged::keep);
  return changed;
}

std::array<double, 2> look_up(const options& given, const our_way& ours, const usual_way& theirs,
                              const std::vector<fs::path>& kernels) {
  std::vector<std::string> command = {given.lookup, ours.file().string(), theirs.archive().string(),
                                      kernel_identity_of_path(kernels.front()).architecture};
  for (const auto& kernel : kernels)
    command.push_back(kernel_identity_of_path(kernel).release);
  const auto result = run_process(command);
  std::array<double, 2> times{};
  if (result.exit_status != 0 ||
      std::sscanf(result.output.c_str(), "%lf %lf", times.data(), times.data() + 1) != 2)
    throw failure("the look-up failed: " + result.errors);
  return times;
}

struct tables {
  std::string build =
      "| kernels | mixture | different | ours: CPU s | usual: CPU s | CPU | wall |\n"
      "|---:|---|---:|---:|---:|---:|---:|\n";
  std::string again =
      "| kernels | mixture | nothing changed: ms | other logic: ms | one kernel: ms "
      "|\n|---:|---|---:|---:|---:|\n";
  std::string bytes =
      "| kernels | mixture | ours | for each | tar.gz | for each | share |\n"
      "|---:|---|---:|---:|---:|---:|---:|\n";
  std::string lookup =
      "| kernels | mixture | ours: us | unpacking: us | share |\n"
      "|---:|---|---:|---:|---:|\n";
  std::size_t relocations = 0;

  std::string text() const {
    return fmt::format(
        "Build\n\n{}\nBuild again\n\n{}\nBytes\n\n{}\nLook-up\n\n{}\n{} relocations "
        "have the same outcome with bpftool's BTF and with ours.\n",
        build, again, bytes, lookup, relocations);
  }
};

void measure(const options& given, const std::vector<std::shared_ptr<const type_graph>>& models,
             const std::vector<fs::path>& objects, mixture kind, std::size_t count,
             tables& results) {
  const auto directory = given.work / "kernels";
  fs::remove_all(directory);
  const auto kernels = make_kernels(models, kind, count, directory);
  // Wait until the files count as settled: see file_state().
  ::sleep(3);
  const usual_way theirs(given, objects, directory);
  const auto usual = theirs.build(kernels);
  const our_way ours(given, objects, directory);
  const auto cold = ours.build();
  const auto compared = compare(objects, ours, theirs, kernels);
  results.relocations += compared.relocations;
  const auto times = look_up(given, ours, theirs, kernels);

  const auto unchanged_again = ours.build();
  const auto other_logic = ours.build_with_other_logic(change_logic(given, objects.front()));
  if (other_logic.bytes != cold.bytes)
    throw failure("other logic gave another bundle");
  const auto other_kernel =
      test::make_layout_variant(*models.front(), std::array{test::layout_step{4'000'000, 100}});
  write_output(kernels.front(),
               {reinterpret_cast<const char*>(other_kernel.data()), other_kernel.size()},
               unchanged::keep);
  const auto one_kernel = ours.build();
  fs::remove_all(directory);

  const auto row =
      fmt::format("| {} | {} | ", count, kind == mixture::series ? "series" : "all distinct");
  results.build +=
      row + fmt::format("{} | {:.3f} | {:.2f} | {:.3f} | {:.3f} |\n", compared.distinct,
                        cold.build.cpu, usual.build.cpu, cold.build.cpu / usual.build.cpu,
                        cold.build.wall / usual.build.wall);
  results.again +=
      row + fmt::format("{:.0f} | {:.0f} | {:.0f} |\n", unchanged_again.build.cpu * 1e3,
                        other_logic.build.cpu * 1e3, one_kernel.build.cpu * 1e3);
  const auto each = [count](std::uint64_t bytes) { return bytes / count; };
  results.bytes +=
      row + fmt::format("{} | {} | {} | {} | {:.2f} |\n", cold.bytes, each(cold.bytes), usual.bytes,
                        each(usual.bytes),
                        static_cast<double>(cold.bytes) / static_cast<double>(usual.bytes));
  results.lookup +=
      row + fmt::format("{:.0f} | {:.0f} | {:.4f} |\n", times[0], times[1], times[0] / times[1]);
  std::fputs(results.text().c_str(), stderr);
}

int measure_all(const options& given) {
  std::vector<std::shared_ptr<const type_graph>> models;
  for (const auto& file : given.btfs)
    models.push_back(open_btf(file));
  const auto objects = compile(given);
  tables results;
  for (const auto kind : {mixture::series, mixture::distinct}) {
    for (const auto count : given.counts)
      measure(given, models, objects, kind, count, results);
  }
  std::fputs(results.text().c_str(), stdout);
  if (!given.report.empty())
    write_output(given.report, results.text(), unchanged::keep);
  return 0;
}

}  // namespace

}  // namespace ebpfkit::host::bench

int main(int argc, char** argv) {
  ebpfkit::host::bench::options given;
  CLI::App app{"What it costs to embed BTF of many kernels", "ebpfkit_embed_bench"};
  app.add_option("--tool", given.tool, "ebpfkit")->required();
  app.add_option("--clang", given.clang, "clang for BPF")->required();
  app.add_option("--bpftool", given.bpftool, "bpftool")->required();
  app.add_option("--lookup", given.lookup, "ebpfkit_embed_lookup")->required();
  app.add_option("--endian", given.endian, "Byte order of the objects: little or big")->required();
  app.add_option("--btf", given.btfs, "Kernel's BTF, raw, to make kernels from (repeatable)")
      ->required()
      ->expected(1)
      ->take_all();
  app.add_option("--source", given.sources, "BPF source of the application (repeatable)")
      ->required()
      ->expected(1)
      ->take_all();
  app.add_option("--marker-directory", given.marker, "See `ebpfkit compile`")->required();
  app.add_option("--work-directory", given.work, "Directory for what is made: 6 MB a kernel")
      ->required();
  app.add_option("--report", given.report, "File that the tables are written to as well");
  app.add_option("--count", given.counts, "Number of kernels (repeatable)")
      ->expected(1)
      ->take_all();
  app.add_option("flags", given.flags, "clang's flags, after --")->required();
  try {
    app.parse(argc, argv);
    return ebpfkit::host::bench::measure_all(given);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebpfkit_embed_bench: {}\n", error.what());
    return 1;
  }
}
