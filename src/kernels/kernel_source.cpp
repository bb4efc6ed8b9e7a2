#include "kernels/kernel_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "kernels/debian_suites.hpp"
#include "packages/apt_packages.hpp"
#include "packages/extract.hpp"
#include "support/fact_digest.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;
using progress = std::function<void(std::string_view)>;

constexpr std::string_view package_prefix = "linux-source-";
constexpr std::string_view source_advice =
    "Sources from elsewhere: --source DIR or --source ARCHIVE.";

// A file that only the sources of Linux have.
constexpr std::string_view tree_marker = "scripts/kconfig/Makefile";

// "linux-source-6.1", "linux-source-6.8.0" of Ubuntu. Not "linux-source-6.1-doc".
bool is_source_package(std::string_view name, std::string_view series) {
  auto version = name.substr(package_prefix.size());
  if (!series.empty()) {
    if (!version.starts_with(series))
      return false;
    version.remove_prefix(series.size());
    if (!version.empty() && version.front() != '.')
      return false;
  } else if (version.empty()) {
    return false;
  }
  return std::ranges::all_of(version,
                             [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

// Finds the newest linux-source in one suite of the mirror; empty: the suite of this machine.
std::optional<kernel_source> find_in_suite(const std::string& suite, std::string_view series,
                                           const fs::path& cache, bool update,
                                           const progress& report) {
  // linux-source is for all CPUs, and apt wants one.
  const auto apt = std::make_shared<apt_packages>(cache, suite.empty() ? "" : "amd64", suite,
                                                  std::string(source_advice), update, report);
  auto names = apt->names_with_prefix(std::string(package_prefix));
  std::erase_if(names, [&](const auto& name) { return !is_source_package(name, series); });
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return numbers_in(a) > numbers_in(b);
  });
  if (names.empty())
    return std::nullopt;
  const auto found = apt->find_packages({names.front()}).front();
  if (!found)
    return std::nullopt;
  kernel_source source;
  source.name = found->name;
  source.identity = found->sha256;
  source.fetch = [apt, file = *found, report] {
    report(fmt::format("downloading {}", file.name));
    return apt->fetch({file}).front();
  };
  return source;
}

kernel_source find_package_source(const std::string& word, const fs::path& cache, bool update,
                                  const progress& report) {
  if (word.empty()) {
    if (auto source = find_in_suite("", "", cache, update, report))
      return *source;
    throw failure(
        "apt of this machine has no package linux-source-*",
        fmt::format("Take it of a release of Debian: --source debian/6.1. {}", source_advice));
  }
  const auto series = word.substr(word.find('/') + 1);
  std::vector<std::string> problems;
  for (const auto& suite : suites_with_series(series)) {
    try {
      if (auto source = find_in_suite(suite, series, cache, update, report))
        return *source;
    } catch (const failure& problem) {
      if (std::ranges::find(problems, problem.what()) == problems.end())
        problems.emplace_back(problem.what());
    }
  }
  throw failure(fmt::format("--source {}: the mirror of this machine has no package {}{}{}{}",
                            printable(word), package_prefix, printable(series),
                            problems.empty() ? "" : ":\n  ", fmt::join(problems, "\n  ")),
                fmt::format("Releases of Debian have debian/5.10, debian/6.1 and debian/6.12. {}",
                            source_advice));
}

bool is_tree(const fs::path& directory) {
  std::error_code error;
  return fs::is_regular_file(directory / tree_marker, error);
}

std::string identity_of_tree(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error) && entry->path().filename() == ".git")
      entry.disable_recursion_pending();
    else if (entry->is_symlink(error) || entry->is_regular_file(error))
      names.push_back(entry->path().lexically_relative(root).generic_string());
  }
  if (error)
    throw failure(
        fmt::format("cannot read the directory '{}': {}", root.string(), error.message()));
  std::ranges::sort(names);
  fact_digest digest;
  for (const auto& name : names)
    digest.add(name, fs::is_symlink(root / name) ? fs::read_symlink(root / name).string()
                                                 : sha256_of_file(root / name));
  return digest.hex();
}

kernel_source find_tree(const fs::path& path, const progress& report) {
  const auto root = fs::canonical(path);
  if (!is_tree(root))
    throw failure(fmt::format("--source {}: it does not have the file '{}', so it is no tree of "
                              "Linux",
                              path.string(), tree_marker),
                  "Give the directory that has the kernel's MAINTAINERS and Kconfig.");
  if (root.string().find_first_of(" :") != std::string::npos)
    throw failure(fmt::format("--source {}: the kernel's Makefile works in no directory with a "
                              "space or a colon in its path",
                              root.string()),
                  "Move the tree, or give an archive of it.");
  std::error_code error;
  // What the kernel's Makefile refuses, too.
  for (const char* trace : {".config", "include/config", "include/generated"})
    if (fs::exists(root / trace, error))
      throw failure(fmt::format("--source {}: a kernel has been configured or built in this tree "
                                "('{}')",
                                path.string(), trace),
                    fmt::format("Make it clean, which removes that configuration: make -C {} "
                                "mrproper",
                                path.string()));
  report("reading the tree");
  kernel_source source;
  source.name = root.filename().string();
  source.identity = identity_of_tree(root);
  source.tree = root;
  return source;
}

// The directory at the top of the unpacked archive.
fs::path find_unpacked_tree(const fs::path& place) {
  if (is_tree(place))
    return place;
  std::error_code error;
  for (fs::directory_iterator entry(place, error), end; !error && entry != end;
       entry.increment(error))
    if (is_tree(entry->path()))
      return entry->path();
  return {};
}

}  // namespace

kernel_source find_kernel_source(const std::string& word, const fs::path& cache, bool update,
                                 const progress& report) {
  std::error_code error;
  if (!word.empty() && fs::is_directory(word, error))
    return find_tree(word, report);
  if (!word.empty() && fs::exists(word, error)) {
    const auto archive = fs::canonical(word);
    kernel_source source;
    source.name = archive.filename().string();
    source.identity = sha256_of_file(archive);
    source.fetch = [archive] { return archive; };
    return source;
  }
  constexpr std::string_view debian = "debian/";
  if (word.empty() || (word.starts_with(debian) &&
                       word.find_first_not_of("0123456789.", debian.size()) == std::string::npos &&
                       word.size() > debian.size()))
    return find_package_source(word, cache, update, report);
  throw failure(
      fmt::format("--source {}: there is no such directory and no such archive", printable(word)),
      "Give the directory or an archive of the kernel's sources, or a series of Debian: "
      "--source debian/6.1.");
}

fs::path open_kernel_source(const kernel_source& source, const fs::path& place,
                            const progress& report) {
  if (!source.tree.empty())
    return source.tree;
  auto archive = source.fetch();
  report(fmt::format("unpacking {}", source.name));
  std::error_code error;
  const auto package = place / "package";
  const auto tree = place / "source";
  fs::create_directory(package, error);
  fs::create_directory(tree, error);
  if (error)
    throw failure(fmt::format("cannot make '{}': {}", tree.string(), error.message()));
  if (archive.extension() == ".deb") {
    // The package has an archive of the sources.
    const auto is_archive = [](std::string_view path) {
      return path.find("/linux-source-") != std::string_view::npos &&
             path.find(".tar.") != std::string_view::npos;
    };
    extract_archive(archive, package, is_archive);
    archive.clear();
    for (fs::recursive_directory_iterator entry(package, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->is_regular_file(error))
        archive = entry->path();
    if (archive.empty())
      throw failure(fmt::format("'{}' has no archive of the kernel's sources", source.name),
                    "Give a package linux-source-*, or an archive.");
  }
  extract_source_tree(archive, tree, [](std::string_view) { return true; });
  fs::remove_all(package, error);
  const auto root = find_unpacked_tree(tree);
  if (root.empty())
    throw failure(fmt::format("'{}' does not have the file '{}', so it has no tree of Linux",
                              source.name, tree_marker),
                  "Give an archive of the kernel's sources.");
  return root;
}

}  // namespace ebpfkit::host
