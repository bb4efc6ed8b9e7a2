#include "templates/project_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "skeleton/identifiers.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// File names have at most 255 bytes, and the project's targets and files append to the name.
constexpr std::size_t longest_project_name = 64;

// Targets that CMake or EbpfKit makes (CMake's policy CMP0037, inspection_targets.txt), directories
// of the build, where the program's file would be, and names in the templates. Sorted.
constexpr std::array<std::string_view, 30> taken_project_names{
    "CMakeFiles",  "Testing",        "all",
    "clean",       "codegen",        "depend",
    "detach",      "ebpf",           "ebpfkit",
    "edit_cache",  "external",       "globals",
    "help",        "install",        "list_install_components",
    "load",        "package",        "package_source",
    "preinstall",  "profile",        "rebuild_cache",
    "relocations", "router_kernels", "stats",
    "std",         "test",           "tests",
    "tracelog",    "unpin",          "visualize"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_taken(std::string_view name) {
  return std::ranges::binary_search(taken_project_names, name);
}

}  // namespace

std::string project_name_problem(std::string_view name) {
  if (name.empty())
    return "it is empty";
  if (name.size() > longest_project_name)
    return fmt::format("it has {} characters, and at most {} are allowed", name.size(),
                       longest_project_name);
  // C and C++ keep names that begin with _ for themselves.
  if (!is_c_identifier(name) || !is_letter(name.front()))
    return "a name begins with a letter and has letters, digits and _ only";
  if (is_reserved_word(name))
    return "C and C++ use this word for something else";
  if (is_taken(name))
    return "CMake and EbpfKit use this name for something else";
  return {};
}

std::string suggested_project_name(std::string_view name) {
  std::string suggested;
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    if (suggested.empty() && is_digit)
      suggested = "bpf_";
    if (is_letter(c) || is_digit)
      suggested += c;
    else if (!suggested.empty() && suggested.back() != '_')
      suggested += '_';
  }
  suggested.resize(std::min(suggested.size(), longest_project_name));
  while (!suggested.empty() && suggested.back() == '_')
    suggested.pop_back();
  if (suggested.empty())
    return "my_bpf";
  return project_name_problem(suggested).empty() ? suggested : "my_" + suggested;
}

void check_project_name(std::string_view name) {
  const auto problem = project_name_problem(name);
  if (!problem.empty())
    throw failure(fmt::format("new: the name '{}' cannot be used: {}", printable(name), problem),
                  fmt::format("Write for example {}.", suggested_project_name(name)));
}

}  // namespace ebpfkit::host
