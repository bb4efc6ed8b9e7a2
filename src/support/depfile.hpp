// Depfiles, in the part of make's syntax that make, Ninja and CMake understand.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// A path as it stands in a depfile. Compilers write paths in the same way (munge() in GCC's
// libcpp/mkdeps.cc, PrintFilename() in clang's DependencyFile.cpp), and Ninja's
// depfile_parser.in.cc reads them so: a space gets a backslash, and so do the backslashes directly
// in front of it; # gets a backslash, $ another $; all other backslashes stay as they are.
std::string escaped_for_depfile(std::string_view path);

// A depfile that says that `output` depends on `inputs`. All paths are written as absolute ones.
std::string make_depfile(const std::filesystem::path& output,
                         std::span<const std::filesystem::path> inputs);

}  // namespace ebpfkit::host
