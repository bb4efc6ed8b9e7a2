// Names of new projects.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

// A project's name becomes a target of CMake, a file, and in some templates a C++ namespace.
// Returns why `name` cannot be all of these, or an empty text when it can.
std::string project_name_problem(std::string_view name);

// Returns a name like `name` that has no problem: "my-tool" becomes "my_tool".
std::string suggested_project_name(std::string_view name);

// Throws `failure` with the problem and the suggestion when the name cannot be used.
void check_project_name(std::string_view name);

}  // namespace ebpfkit::host
