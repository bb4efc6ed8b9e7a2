// Paths of pins: files in a BPF file system (/sys/fs/bpf).
#pragma once

#include <string>

namespace ebpfkit::detail {

// Whether the directory of `path` is in a BPF file system.
bool is_in_bpf_file_system(const std::string& path);

// Pins what `fd` is at `path`. Makes the last directory of the path when it is missing, as libbpf's
// functions for maps, programs and links do (make_parent_dir() of libbpf.c). Returns 0 or an errno.
int pin_at(int fd, const std::string& path);

// What is wrong with `path` as the path of a pin. Empty when nothing is wrong.
std::string pin_path_remedy(const std::string& path);

}  // namespace ebpfkit::detail
