// The files of the EbpfKit to which the running tool belongs.
#pragma once

#include <filesystem>

namespace ebpfkit::host {

// Returns the directory that has `modules`, `templates` and `presets` of the installed package. A
// tool that is not installed, in the directory of a build, has none: then the directory does not
// exist. Throws `failure` when /proc does not tell where the tool is.
std::filesystem::path package_root();

}  // namespace ebpfkit::host
