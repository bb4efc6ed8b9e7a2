// Linux releases in texts and file names.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

// The Linux release that `text` begins with ("6.1.0-18-cloud-amd64"): at least two numbers with a
// dot between them, at most 64 characters, only characters that releases have. Empty when there is
// none.
std::string leading_release(std::string_view text);

// The release in the file name of a kernel or of its BTF: "vmlinuz-6.1.0-18-amd64",
// "5.4.0-26-generic.btf.tar.xz". Empty when there is none.
std::string release_in_file_name(std::string_view file_name);

}  // namespace ebpfkit::host
