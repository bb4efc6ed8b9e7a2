// The files that a program of this computer needs in a virtual machine.
#pragma once

#include <filesystem>
#include <string>

#include "machine/initramfs.hpp"

namespace ebpfkit::host {

// Adds an executable as `path`, and the shared libraries and the dynamic linker that it needs,
// which keep their paths. The dynamic linker itself tells them (ld.so(8), --list), so a dynamic
// program must be one for this computer's CPU. Programs of 32 bits are i386 for "x86_64", and ARM
// for "arm64". Throws `failure` when the file is no program for `architecture`, or a library is
// missing.
void add_program_files(initramfs& files, const std::filesystem::path& program,
                       const std::string& path, const std::string& architecture);

// Adds a file or a directory as `path`, as initramfs::add_from() does, and with an executable file
// what add_program_files() adds.
void add_with_libraries(initramfs& files, const std::filesystem::path& source,
                        const std::string& path, const std::string& architecture);

}  // namespace ebpfkit::host
