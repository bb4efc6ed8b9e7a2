// Tells whether a file has changed, without reading it.
#pragma once

#include <filesystem>
#include <string>

namespace ebpfkit::host {

// Returns the file's device, inode, size, and times of modification and of change to the
// nanosecond. Programs can set the time of modification (`cp -p`, `touch -d`), but not the time of
// change. Returns an empty text when one of the times is in the last two seconds or in the future:
// some file systems store times no more exactly, so a later write might not change the times. Then
// read the file. Throws a `failure` that names the path.
std::string file_state(const std::filesystem::path& path);

}  // namespace ebpfkit::host
