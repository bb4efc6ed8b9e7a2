// Unpacks archives of sources and packages. Strangers made them.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace ebpfkit::host {

// Says whether a member is wanted. `path` is the member's name without "./" in front.
using member_filter = std::function<bool(std::string_view path)>;

// Returns the part of `path` after its first directory: archives of sources have one directory at
// the top.
std::string_view without_first_directory(std::string_view path);

// Unpacks the wanted files of a tar archive (compressed or not) or of a Debian package into
// `directory`, which exists. Makes regular files only; symbolic links and devices are left out.
// Throws `failure` when the archive is no such archive or is damaged, when a wanted name is
// absolute or has a part "..", when a link leads out of the archive, and when a file cannot be
// written.
void extract_archive(const std::filesystem::path& archive, const std::filesystem::path& directory,
                     const member_filter& is_wanted);

// The same for a tree of sources whose build runs scripts in it, such as Linux. Files stay
// executable, and symbolic links within the archive are made. They are made last, so no file is
// written through a link. Throws `failure` also when a link would be below another link.
void extract_source_tree(const std::filesystem::path& archive,
                         const std::filesystem::path& directory, const member_filter& is_wanted);

}  // namespace ebpfkit::host
