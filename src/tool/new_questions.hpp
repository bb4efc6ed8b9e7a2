// What `ebpfkit new` asks on a terminal.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "templates/new_project.hpp"
#include "templates/project_template.hpp"

namespace ebpfkit::host::tool {

// What the command line tells of a new project; empty: not given.
struct new_project_words {
  std::string name;
  std::string template_name;
  std::string directory;
  std::string how;
  std::string repository;
  std::string revision;
};

// Whether standard input and standard output are terminals.
bool may_ask();

// Asks for what is not given. An answer that cannot be used is asked for again, with the reason.
// Throws `failure` when the input ends.
void ask_for_rest(new_project_words& words, const template_directory& templates);

// Shows the files that will be written, and asks whether to write them.
bool confirms(const std::filesystem::path& directory, const std::vector<project_file>& files);

// Returns the vendor for its word. Throws `failure` with the nearest word when there is none.
vendor vendor_of_word(const std::string& word);

}  // namespace ebpfkit::host::tool
