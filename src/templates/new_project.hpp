// Fills in a template.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "templates/project_template.hpp"

namespace ebpfkit::host {

// How a project gets EbpfKit.
enum class vendor {
  find_package,  // EbpfKit is installed
  fetchcontent,  // CMake fetches EbpfKit's sources when it configures
  submodule,     // EbpfKit's sources are a submodule of git in external/ebpfkit
};

// The vendors and the words for them.
struct vendor_word {
  const char* word;
  vendor meaning;
};
const std::vector<vendor_word>& vendor_words();
std::string_view word_of(vendor wanted);

struct new_project {
  std::string name;
  std::string template_name;
  vendor how = vendor::find_package;
  std::string repository;         // for git: where EbpfKit's sources are; not with find_package
  std::string revision;           // a tag, branch or commit there
  std::filesystem::path presets;  // of routers; empty: none
};

// Throws `failure` when the name cannot be used, and when a repository is missing or would not
// survive in a CMakeLists.txt.
void check(const new_project& project);

// Returns the files of the project: in their paths and texts, THE_NAME is the project's name and
// THE_PRESETS the path of the presets for routers. Where CMakeLists.txt calls find_package(EbpfKit
// ...), it does what the vendor asks for. Without presets for routers, the files that need their
// path are left out. Throws `failure` as check() and template_directory do, and when a template has
// no such line.
std::vector<project_file> files_of(const new_project& project, const template_directory& templates);

// The commands that make and test the new project, to be run in its directory.
std::vector<std::string> first_commands(const new_project& project);

}  // namespace ebpfkit::host
