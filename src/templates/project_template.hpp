// Templates of projects: the directories of templates/projects/.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// One template: a directory with the files that only its projects have.
struct project_template {
  std::string name;   // of the directory
  std::string about;  // one line, the text of its file about.txt
};

// A file of a project.
struct project_file {
  std::filesystem::path path;  // relative to the project's directory
  std::string text;
};

// A directory of templates. `common/` has the files that all projects get, and each other directory
// with a file about.txt is a template. A template's file stands for the common one of that name.
class template_directory {
 public:
  // Throws `failure` when there is no `common/` in the directory.
  explicit template_directory(std::filesystem::path directory);

  // Returns the templates that are installed with the running tool. Throws `failure` when there are
  // none, as beside a tool that is not installed.
  static template_directory installed();

  // The installed presets for routers (docs/routers.md). Empty when they are not there.
  static std::filesystem::path presets();

  // All templates, sorted by name. Throws `failure` for a file that cannot be read.
  std::vector<project_template> list() const;

  // Throws `failure` with the nearest name when there is no such template.
  void require(std::string_view name) const;

  // The files of a project of this template, sorted by path; THE_NAME still stands in them. Throws
  // `failure` for a file that cannot be read, and for what is neither a file nor a directory.
  std::vector<project_file> read(std::string_view name) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace ebpfkit::host
