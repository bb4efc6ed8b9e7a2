// Pins: files of bpffs that keep a program, map or link alive.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "inspect/owners.hpp"

namespace ebpfkit::host {

// Where an object of this name is pinned by default: a file in the first bpffs that is mounted.
// bpffs refuses dots in names (kernel/bpf/inode.c, bpf_lookup), so they become underscores. Throws
// `failure` when no bpffs is mounted.
std::filesystem::path default_pin_path(std::string_view name);

// Pins the open object. Throws `failure` when no bpffs is mounted, when there is such a file
// already, when its directory does not exist, or when that is in no bpffs.
void pin_object(int fd, const std::filesystem::path& path);

// Removes a pin, but only while it is that of `expected`. Throws `failure` when the file is no pin,
// another object's, or cannot be removed.
void remove_pin(const std::filesystem::path& path, bpf_identity expected);

}  // namespace ebpfkit::host
