// Small files.
#pragma once

#include <string>

namespace ebpfkit::guest {

// Reads the whole file. Returns false, with errno set, when that fails.
bool read_file(const char* path, std::string& content);

}  // namespace ebpfkit::guest
