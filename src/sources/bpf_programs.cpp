#include "sources/bpf_programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/program_path.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

constexpr int newest_clang = 30;  // names beyond it are not tried
constexpr int oldest_clang = 11;  // as in modules/detail/FindBpfClang.cmake

// The path of a program that the user names: a path, or a name on PATH.
fs::path path_of_program(std::string_view given) {
  if (given.find('/') != std::string_view::npos)
    return fs::absolute(given);
  return find_program(given);
}

std::optional<process_result> run_if_there(const std::vector<std::string>& command) {
  try {
    return run_process(command);
  } catch (const failure&) {
    return std::nullopt;
  }
}

// Compiles an empty program. Returns nothing, and says why in `reason`, for what is no clang with a
// BPF back end.
std::optional<found_clang> probe_clang(const fs::path& path, std::string& reason) {
  const auto name = path.string();
  const auto macros = run_if_there({name, "--target=bpf", "-x", "c", "-dM", "-E", "/dev/null"});
  constexpr std::string_view wanted = "#define __clang_major__ ";
  const auto at = macros ? macros->output.find(wanted) : std::string::npos;
  if (!macros || macros->exit_status != 0 || at == std::string::npos) {
    reason += fmt::format("\n  {}: it does not run as a clang", name);
    return std::nullopt;
  }
  found_clang found{path, 0};
  const auto* begin = macros->output.data() + at + wanted.size();
  std::from_chars(begin, macros->output.data() + macros->output.size(), found.major);
  const auto compiled =
      run_if_there({name, "--target=bpf", "-x", "c", "-c", "/dev/null", "-o", "/dev/null"});
  if (!compiled || compiled->exit_status != 0) {
    reason += fmt::format("\n  {}: it has no BPF back end", name);
    return std::nullopt;
  }
  if (found.major < oldest_clang) {
    reason += fmt::format("\n  {}: it is version {}, at least {} is needed", name, found.major,
                          oldest_clang);
    return std::nullopt;
  }
  return found;
}

// The files of a pattern with one `*`: DIRECTORY/BEGIN*END.
std::vector<fs::path> matching_paths(const fs::path& directory, std::string_view begin,
                                     const fs::path& below) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto path = below.empty() ? entry->path() : entry->path() / below;
    std::error_code ignored;
    if (entry->path().filename().string().starts_with(begin) && fs::exists(path, ignored))
      found.push_back(path);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

found_clang find_bpf_clang(std::string_view given) {
  std::string reason;
  std::vector<std::string> names{std::string(given)};
  if (given.empty()) {
    names = {"clang"};
    for (int major = newest_clang; major >= oldest_clang; --major)
      names.push_back(fmt::format("clang-{}", major));
  }
  for (const auto& name : names) {
    const auto path = path_of_program(name);
    if (path.empty() && !given.empty())
      reason += fmt::format("\n  {}: it is not on PATH", printable(given));
    if (path.empty())
      continue;
    if (auto found = probe_clang(path, reason))
      return *found;
  }
  throw failure("no clang that compiles for BPF was found" + reason,
                "Install the package clang, or name one: --clang FILE");
}

fs::path find_bpftool(std::string_view given) {
  std::vector<fs::path> candidates;
  if (!given.empty()) {
    candidates.push_back(path_of_program(given));
  } else {
    candidates = {find_program("bpftool"), "/usr/sbin/bpftool", "/usr/local/sbin/bpftool",
                  "/sbin/bpftool"};
    for (auto& path : matching_paths("/usr/lib/linux-tools", "", "bpftool"))
      candidates.push_back(std::move(path));
  }
  std::string reason;
  for (const auto& candidate : candidates) {
    std::error_code error;
    if (candidate.empty() || !fs::exists(candidate, error))
      continue;
    const auto result = run_if_there({candidate.string(), "version", "-j"});
    if (result && result->exit_status == 0 && result->output.starts_with('{'))
      return candidate;
    reason += fmt::format("\n  {}: 'version -j' fails", candidate.string());
  }
  throw failure("no bpftool that runs was found" + reason,
                "Install the package bpftool (Ubuntu: linux-tools-generic), or name one: "
                "--bpftool FILE");
}

std::vector<fs::path> system_include_directories(const std::vector<std::string_view>& cpu_names,
                                                 bool is_native) {
  std::vector<fs::path> found;
  const auto add = [&](const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error) && std::ranges::find(found, path) == found.end())
      found.push_back(path);
  };
  if (is_native)
    add("/usr/local/include");
  for (const auto cpu : cpu_names) {
    // Debian's directories of a machine's headers, and those of its cross compilers.
    for (const auto& path : matching_paths("/usr/include", fmt::format("{}-linux-", cpu), {}))
      add(path);
    if (is_native)
      continue;
    for (const auto& path : matching_paths("/usr", fmt::format("{}-linux-", cpu), "include"))
      add(path);
  }
  if (is_native)
    add("/usr/include");
  return found;
}

fs::path find_libbpf_headers(const fs::path& given, const std::vector<fs::path>& directories) {
  auto candidates = directories;
  if (!given.empty())
    candidates = {fs::absolute(given)};
  else if (std::ranges::find(candidates, fs::path("/usr/include")) == candidates.end())
    candidates.emplace_back("/usr/include");  // libbpf's headers are the same for every CPU
  for (const auto& directory : candidates) {
    std::error_code error;
    if (!fs::exists(directory / "bpf" / "bpf_helpers.h", error))
      continue;
    const auto version = directory / "bpf" / "libbpf_version.h";
    const auto bytes =
        fs::exists(version, error) ? read_file(version) : std::vector<std::uint8_t>();
    const std::string text(as_text(bytes));
    const auto number = [&](const char* part) {
      std::smatch match;
      const std::regex line(fmt::format("define LIBBPF_{}_VERSION ([0-9]{{1,6}})", part));
      return std::regex_search(text, match, line) ? std::stoi(match[1]) : 0;
    };
    if (number("MAJOR") < 1 || (number("MAJOR") == 1 && number("MINOR") < 1))
      throw failure(fmt::format("'{}' has a libbpf before version 1.1", directory.string()),
                    "Install a newer libbpf, or name its directory: --libbpf-include DIR");
    return directory;
  }
  throw failure(
      given.empty() ? "libbpf's headers were not found: no bpf/bpf_helpers.h"
                    : fmt::format("'{}' has no bpf/bpf_helpers.h", given.string()),
      "Install the package libbpf-dev (Fedora: libbpf-devel), or name the directory above "
      "bpf/: --libbpf-include DIR");
}

}  // namespace ebpfkit::host
