// `ebpfkit sysroot build|list|verify|remove`: static C and C++ libraries for routers.
#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/cache_directory.hpp"
#include "support/failure.hpp"
#include "support/progress.hpp"
#include "support/terminal.hpp"
#include "sysroot/manifest.hpp"
#include "sysroot/sysroot_build.hpp"
#include "sysroot/sysroot_store.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

constexpr const char* cache_help =
    "Directory of the cache (default: $EBPFKIT_CACHE_DIR, else $XDG_CACHE_HOME/ebpfkit, else "
    "~/.cache/ebpfkit)";

sysroot_store store_of(const fs::path& cache) {
  return sysroot_store(fs::absolute(cache.empty() ? default_cache() : cache));
}

struct build_arguments {
  sysroot_request request;
  std::vector<std::string> sources;
  bool json = false;
};

void run_build(build_arguments& given) {
  for (const auto& source : given.sources) {
    const auto equals = source.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == source.size())
      throw failure(fmt::format("--source '{}' is not NAME=PATH", source),
                    "Write --source libbpf=DIR.");
    if (!given.request.sources.emplace(source.substr(0, equals), source.substr(equals + 1)).second)
      throw failure(fmt::format("--source {} is given twice", source.substr(0, equals)),
                    "Give each source once.");
  }
  const auto directory = build_sysroot(given.request, [&](std::string_view line) {
    print_progress("sysroot {}: {}", given.request.target, line);
  });
  if (!given.json) {
    print_output("{}\n", directory.string());
    return;
  }
  auto document = json_document("sysroot build");
  document["target"] = given.request.target;
  document["directory"] = directory.string();
  print_json(document);
}

nlohmann::ordered_json json_of(const stored_sysroot& sysroot) {
  nlohmann::ordered_json entry{{"target", sysroot.target},
                               {"digest", sysroot.digest},
                               {"directory", sysroot.directory.string()},
                               {"complete", sysroot.manifest.has_value()},
                               {"size", sysroot.size}};
  if (!sysroot.manifest) {
    entry["problem"] = sysroot.problem;
    return entry;
  }
  entry["compiler"] = sysroot.manifest->compiler;
  entry["c_library"] = sysroot.manifest->has_c_library;
  entry["inputs"] = nlohmann::ordered_json::array();
  for (const auto& input : sysroot.manifest->inputs)
    entry["inputs"].push_back(
        {{"name", input.name}, {"version", input.version}, {"sha256", input.sha256}});
  return entry;
}

void run_list(const fs::path& cache, bool as_json) {
  const auto all = store_of(cache).list();
  if (as_json) {
    auto document = json_document("sysroot list");
    document["sysroots"] = nlohmann::ordered_json::array();
    for (const auto& sysroot : all)
      document["sysroots"].push_back(json_of(sysroot));
    print_json(document);
    return;
  }
  constexpr double mebibyte = 1024.0 * 1024.0;
  for (const auto& sysroot : all) {
    if (!sysroot.manifest) {
      print_output("{} {} damaged: {}\n", sysroot.target, sysroot.digest, sysroot.problem);
      continue;
    }
    std::string versions;
    for (const auto& input : sysroot.manifest->inputs)
      versions +=
          fmt::format(" {}{}{}", input.name, input.version.empty() ? "" : " ", input.version) + ",";
    if (!versions.empty())
      versions.pop_back();
    print_output("{} {} {:.1f} MiB, {};{}\n", sysroot.target, sysroot.digest,
                 static_cast<double>(sysroot.size) / mebibyte, sysroot.manifest->compiler,
                 versions);
  }
}

void run_verify(const fs::path& cache, const std::vector<std::string>& words, bool as_json) {
  const auto store = store_of(cache);
  std::vector<stored_sysroot> checked =
      words.empty() ? store.list() : std::vector<stored_sysroot>();
  for (const auto& word : words) {
    const auto found = store.find(word);
    checked.insert(checked.end(), found.begin(), found.end());
  }
  std::size_t bad = 0;
  auto document = json_document("sysroot verify");
  document["sysroots"] = nlohmann::ordered_json::array();
  for (const auto& sysroot : checked) {
    const auto differences = sysroot.manifest
                                 ? find_differences(sysroot.directory, *sysroot.manifest)
                                 : std::vector<std::string>{sysroot.problem};
    if (!differences.empty())
      ++bad;
    document["sysroots"].push_back(
        {{"directory", sysroot.directory.string()}, {"differences", differences}});
    if (as_json)
      continue;
    print_output("{}: {}\n", sysroot.directory.string(),
                 differences.empty() ? "unchanged" : "damaged");
    for (const auto& line : differences)
      print_output("  {}\n", line);
  }
  if (as_json)
    print_json(document);
  if (bad != 0)
    throw failure(fmt::format("{} of {} sysroots are not as they were made", bad, checked.size()),
                  "Remove them with `ebpfkit sysroot remove DIR` and build them again.");
}

void run_remove(const fs::path& cache, const std::vector<std::string>& words, bool is_all,
                bool as_json) {
  const auto store = store_of(cache);
  if (words.empty() != is_all)
    throw failure("sysroot remove: give either sysroots or --all",
                  "Write `ebpfkit sysroot remove aarch64`, or `ebpfkit sysroot remove --all`.");
  std::vector<stored_sysroot> removed = is_all ? store.list() : std::vector<stored_sysroot>();
  for (const auto& word : words) {
    const auto found = store.find(word);
    removed.insert(removed.end(), found.begin(), found.end());
  }
  auto document = json_document("sysroot remove");
  document["removed"] = nlohmann::ordered_json::array();
  for (const auto& sysroot : removed) {
    store.remove(sysroot);
    document["removed"].push_back(sysroot.directory.string());
    print_progress("removed {}", sysroot.directory.string());
  }
  if (as_json)
    print_json(document);
}

}  // namespace

void add_sysroot_command(CLI::App& app) {
  auto* sysroot = app.add_subcommand("sysroot", "Static C and C++ libraries for routers");
  sysroot->require_subcommand(1);

  auto* build = sysroot->add_subcommand(
      "build", "Make the sysroot of a target unless it is there, and print its directory");
  auto given = std::make_shared<build_arguments>();
  auto& request = given->request;
  build
      ->add_option("target", request.target,
                   "Target: aarch64, x86_64, armv7, mips, mipsel, riscv64")
      ->required();
  build->add_option("--cache", request.cache, cache_help);
  build
      ->add_option(
          "--source", given->sources,
          "NAME=PATH: directory or archive with the sources of musl, compiler-rt, linux-headers, "
          "llvm, zlib, elfutils or libbpf, instead of the distribution's. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  auto* clang =
      build->add_option("--clang", request.clang, "clang to compile with (default: clang)");
  build
      ->add_option(
          "--compiler", request.compiler,
          "GCC for the target that has its own C library: only zlib, libelf and libbpf are made")
      ->excludes(clang);
  build
      ->add_option("--compiler-option", request.compiler_options,
                   "Option that --compiler always needs, such as --sysroot=DIR. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  build->add_option("--jobs", request.jobs, "Compilers at once (default: one for each processor)");
  build->add_flag("--update", request.update, "Read the lists of packages again");
  build->add_flag("--json", given->json, "Print JSON");
  build->callback([given] { run_build(*given); });

  struct other_arguments {
    fs::path cache;
    std::vector<std::string> sysroots;
    bool is_all = false;
    bool json = false;
  };
  auto* list = sysroot->add_subcommand("list", "List the sysroots in the cache");
  auto listed = std::make_shared<other_arguments>();
  list->add_option("--cache", listed->cache, cache_help);
  list->add_flag("--json", listed->json, "Print JSON");
  list->callback([listed] { run_list(listed->cache, listed->json); });

  auto* verify = sysroot->add_subcommand("verify", "Compare every file with what was made");
  auto verified = std::make_shared<other_arguments>();
  verify->add_option("sysroot", verified->sysroots,
                     "Target or directory (default: all in the cache)");
  verify->add_option("--cache", verified->cache, cache_help);
  verify->add_flag("--json", verified->json, "Print JSON");
  verify->callback([verified] { run_verify(verified->cache, verified->sysroots, verified->json); });

  auto* remove = sysroot->add_subcommand("remove", "Remove sysroots from the cache");
  auto removed = std::make_shared<other_arguments>();
  remove->add_option("sysroot", removed->sysroots, "Target or directory");
  remove->add_option("--cache", removed->cache, cache_help);
  remove->add_flag("--all", removed->is_all, "Remove all in the cache");
  remove->add_flag("--json", removed->json, "Print JSON");
  remove->callback(
      [removed] { run_remove(removed->cache, removed->sysroots, removed->is_all, removed->json); });
}

}  // namespace ebpfkit::host::tool
