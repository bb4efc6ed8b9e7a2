// Writes a new project, and never over a file that is there.
#pragma once

#include <filesystem>
#include <vector>

#include "templates/project_template.hpp"

namespace ebpfkit::host {

// Writes the files into `directory`, which may be there already. Throws `failure` before anything
// is written when one of the files is there, when something that is no directory is in the way of
// one, or when the directory cannot be written. All files are first written into a temporary
// directory beside their places, and renamed when they are complete. A failure later (a full disk,
// a file that somebody else makes meanwhile) leaves everything as it was. Only a process that is
// killed while it moves files into a directory that was there before leaves those that it has
// moved.
void write_project(const std::filesystem::path& directory, const std::vector<project_file>& files);

// Throws `failure` when write_project() would find a file in its way.
void check_project_place(const std::filesystem::path& directory,
                         const std::vector<project_file>& files);

}  // namespace ebpfkit::host
