#include "sysroot/recipe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// Clang reads configuration files of the machine since this version.
constexpr unsigned first_with_configuration = 16;

}  // namespace

std::vector<std::string> recipe_place::compile_command(const std::filesystem::path& source) const {
  std::vector<std::string> command{compiler.program};
  command.insert(command.end(), compiler.options.begin(), compiler.options.end());
  if (compiler.is_clang) {
    command.push_back(fmt::format("--target={}", target.triple));
    const auto flags = target.flag_words();
    command.insert(command.end(), flags.begin(), flags.end());
    // Without --gcc-toolchain, clang takes the headers of a cross GCC of the machine first.
    command.insert(command.end(),
                   {"--sysroot=" + sysroot.string(), "-resource-dir=" + resource().string(),
                    "--gcc-toolchain=" + (sysroot / "usr").string()});
    if (compiler.major >= first_with_configuration)
      command.emplace_back("--no-default-config");
  }
  // -w: the warnings of others help nobody here. GCC knows -Oz since version 12 only.
  command.insert(command.end(),
                 {compiler.is_clang ? "-Oz" : "-Os", "-DNDEBUG", "-ffunction-sections",
                  "-fdata-sections", "-w", fmt::format("-ffile-prefix-map={}=.", source.string()),
                  fmt::format("-ffile-prefix-map={}=.", sysroot.string())});
  return command;
}

std::vector<compile_job> jobs_for(const recipe_place& place, const std::string& part,
                                  const std::filesystem::path& root,
                                  const std::vector<std::filesystem::path>& sources,
                                  const std::vector<std::string>& command) {
  std::vector<compile_job> work;
  for (const auto& source : sources) {
    auto name = source.lexically_relative(root).generic_string();
    std::ranges::replace(name, '/', '_');
    work.push_back({command, source, place.work / part / (name + ".o")});
  }
  return work;
}

std::vector<std::string> with_options(std::vector<std::string> command,
                                      const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

std::string text_of_source(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return std::string(as_text(bytes));
}

}  // namespace ebpfkit::host
