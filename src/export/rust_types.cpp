#include "export/rust_types.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <regex>
#include <system_error>

#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/program_path.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_minor_version = 60;  // as in modules/EbpfExportTypes.cmake

fs::path path_of_bindgen(std::string_view given) {
  if (given.find('/') != std::string_view::npos)
    return given;
  auto path = find_program(given.empty() ? "bindgen" : given);
  const char* home = std::getenv("HOME");
  if (path.empty() && given.empty() && home != nullptr)
    path = fs::path(home) / ".cargo" / "bin" / "bindgen";
  std::error_code error;
  return fs::exists(path, error) ? path : fs::path();
}

}  // namespace

std::vector<std::string> find_bindgen(std::string_view given) {
  const auto path = path_of_bindgen(given);
  const auto* remedy = "Install bindgen (cargo install bindgen-cli), or name one: --bindgen FILE";
  if (path.empty())
    throw failure("Rust types need bindgen, which was not found", remedy);
  const auto name = path.string();
  const auto version = run_process({name, "--version"});
  std::smatch match;
  if (version.exit_status != 0 ||
      !std::regex_search(version.output, match, std::regex("bindgen 0\\.([0-9]{1,4})")) ||
      std::stoi(match[1]) < oldest_minor_version)
    throw failure(fmt::format("'{}' does not run or is older than 0.60", name), remedy);
  // Without this option bindgen runs rustfmt. Where there is no rustfmt, bindgen writes everything
  // on one line. Old releases do not have the option.
  constexpr const char* formatter = "--formatter=prettyplease";
  if (run_process({name, formatter, "--version"}).exit_status == 0)
    return {name, formatter};
  return {name};
}

std::string make_rust_types(const fs::path& header, const std::vector<std::string>& bindgen,
                            std::string& warnings) {
  auto command = bindgen;
  command.push_back(header.string());
  command.push_back(fmt::format("--allowlist-file=.*/{}[.]h", header.stem().string()));
  command.insert(command.end(), {"--use-core", "--ctypes-prefix=core::ffi",
                                 "--default-enum-style=consts", "--no-prepend-enum-name"});
  const auto result = run_process(command);
  warnings += result.errors;
  if (result.exit_status != 0)
    throw failure(fmt::format("'{}' cannot make Rust of '{}' (exit status {}):\n{}",
                              command.front(), header.string(), result.exit_status, result.errors),
                  "The lines above are bindgen's own.");
  return result.output;
}

}  // namespace ebpfkit::host
