// Copies files into a sysroot.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Copies a regular file, with the mode 0644. Makes the directory. Replaces a file. Throws
// `failure`.
void install_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Writes a file of a new sysroot. Makes the directory. Throws `failure`.
void install_text(const std::filesystem::path& to, std::string_view text);

// Copies the regular files in and below `from` for which `is_wanted` is true. It gets the path
// relative to `from`. Follows links to files. Throws `failure`.
void install_tree(const std::filesystem::path& from, const std::filesystem::path& to,
                  const std::function<bool(std::string_view)>& is_wanted);

// Returns the files of a directory (not below it) whose names end with one of `endings`, sorted.
std::vector<std::filesystem::path> files_with_ending(const std::filesystem::path& directory,
                                                     const std::vector<std::string_view>& endings);

}  // namespace ebpfkit::host
