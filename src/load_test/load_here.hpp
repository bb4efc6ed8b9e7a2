// Loads programs on the running kernel, in this process.
#pragma once

#include <vector>

#include "load_test/load_results.hpp"
#include "load_test/load_run.hpp"

namespace ebpfkit::host {

// Loads each program of the objects by itself, and closes it at once: nothing stays loaded, and
// nothing is attached. A program that is refused is loaded once more with the verifier's whole log.
// The caller needs the right to load programs. Does not explain what it finds (`kind` and
// `explanation` stay empty). Throws `failure` when an object cannot be read.
load_results load_on_this_kernel(const std::vector<tested_object>& objects);

}  // namespace ebpfkit::host
