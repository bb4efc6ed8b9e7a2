// The licences of what a loader links statically.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "sysroot/recipe.hpp"

namespace ebpfkit::host {

// Copies the texts of the licences from the inputs' directories to licences/<name>/, and writes
// licences/README.md, which says what each covers. `roots`: the directory of each input, by its
// name.
void install_licences(const recipe_place& place,
                      const std::map<std::string, std::filesystem::path>& roots);

}  // namespace ebpfkit::host
