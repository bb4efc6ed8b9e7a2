// Depfiles, in the part of make's syntax that make, Ninja and CMake all understand.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Escapes a path for a depfile. A space and the backslashes directly before it get a backslash
// each. `#` gets a backslash, `$` gets another `$`. All other backslashes stay as they are.
// Compilers write paths this way (munge() in GCC's libcpp/mkdeps.cc, PrintFilename() in clang's
// DependencyFile.cpp), and Ninja reads them this way (depfile_parser.in.cc).
std::string escaped_for_depfile(std::string_view path);

// Returns a depfile that says that `output` depends on `inputs`. It writes all paths as absolute
// ones.
std::string make_depfile(const std::filesystem::path& output,
                         std::span<const std::filesystem::path> inputs);

// The same for makefiles that people write: the outputs stand as they are spelled, because make
// compares names. Each input is also a target without a recipe, so that make goes on when a header
// is gone.
std::string make_depfile_by_hand(std::span<const std::filesystem::path> outputs,
                                 std::span<const std::filesystem::path> inputs);

// Returns the paths behind the target of a depfile that has one rule, as compilers write it. They
// are views of `depfile`, and still escaped.
std::vector<std::string_view> escaped_depfile_inputs(std::string_view depfile);

// The same as paths.
std::vector<std::filesystem::path> depfile_inputs(std::string_view depfile);

}  // namespace ebpfkit::host
