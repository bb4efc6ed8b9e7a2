#include "templates/new_project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "support/failure.hpp"
#include "support/text.hpp"
#include "templates/project_name.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::string_view submodule_path = "external/ebpfkit";

std::string with_replaced(std::string text, std::string_view word, std::string_view value) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
    text.replace(at, word.size(), value);
  return text;
}

// Whether git, CMake and a shell take the text as it is.
bool is_plain_word(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/.:@_+~-=%").find(c) != std::string_view::npos;
  });
}

void check_word(std::string_view option, std::string_view value, std::string_view example) {
  if (value.empty())
    throw failure(fmt::format("new: {} is missing", option),
                  fmt::format("Write for example {} {}.", option, example));
  if (!is_plain_word(value))
    throw failure(
        fmt::format("new: {} '{}' has characters that git, CMake or a shell would take for "
                    "their own",
                    option, printable(value)),
        "Use letters, digits and / . : @ _ + ~ - = % only.");
}

std::string vendor_lines(const new_project& project, std::string_view find_package_line) {
  switch (project.how) {
    case vendor::fetchcontent:
      return fmt::format(
          "include(FetchContent)\n"
          "FetchContent_Declare(EbpfKit GIT_REPOSITORY {} GIT_TAG {})\n"
          "FetchContent_MakeAvailable(EbpfKit)",
          project.repository, project.revision);
    case vendor::submodule:
      return fmt::format("add_subdirectory({})", submodule_path);
    case vendor::find_package:
      break;
  }
  return std::string(find_package_line);
}

// Exchanges the line that finds EbpfKit.
std::string with_vendor(const std::string& text, const new_project& project) {
  const auto begin = text.find("find_package(EbpfKit");
  const auto end = begin == std::string::npos ? begin : text.find('\n', begin);
  if (end == std::string::npos)
    throw failure(fmt::format("new: CMakeLists.txt of the template '{}' does not find EbpfKit",
                              project.template_name),
                  "A template's CMakeLists.txt has a line find_package(EbpfKit REQUIRED).");
  return text.substr(0, begin) +
         vendor_lines(project, std::string_view(text).substr(begin, end - begin)) +
         text.substr(end);
}

// The text between the quotation marks of a string of JSON.
std::string json_characters(const std::string& text) {
  const auto quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

const std::vector<vendor_word>& vendor_words() {
  static const std::vector<vendor_word> all{{"find_package", vendor::find_package},
                                            {"fetchcontent", vendor::fetchcontent},
                                            {"submodule", vendor::submodule}};
  return all;
}

std::string_view word_of(vendor wanted) {
  return std::ranges::find(vendor_words(), wanted, &vendor_word::meaning)->word;
}

void check(const new_project& project) {
  check_project_name(project.name);
  if (project.how == vendor::find_package)
    return;
  check_word("--repository", project.repository, "https://example.org/ebpfkit.git");
  check_word("--revision", project.revision, "main");
}

std::vector<project_file> files_of(const new_project& project,
                                   const template_directory& templates) {
  check(project);
  const auto presets = json_characters(project.presets.string());
  auto files = templates.read(project.template_name);
  if (presets.empty())
    std::erase_if(files, [](const project_file& file) {
      return file.text.find("THE_PRESETS") != std::string::npos;
    });
  for (auto& file : files) {
    file.path = with_replaced(file.path.string(), "THE_NAME", project.name);
    file.text = with_replaced(std::move(file.text), "THE_NAME", project.name);
    file.text = with_replaced(std::move(file.text), "THE_PRESETS", presets);
    if (file.path == "CMakeLists.txt")
      file.text = with_vendor(file.text, project);
  }
  std::ranges::sort(files, {}, &project_file::path);
  return files;
}

std::vector<std::string> first_commands(const new_project& project) {
  std::vector<std::string> commands;
  if (project.how == vendor::submodule)
    commands = {"git init",
                fmt::format("git submodule add {} {}", project.repository, submodule_path),
                fmt::format("git -C {} checkout {}", submodule_path, project.revision)};
  commands.insert(commands.end(), {"cmake --preset default", "cmake --build --preset default",
                                   "ctest --preset default"});
  return commands;
}

}  // namespace ebpfkit::host
