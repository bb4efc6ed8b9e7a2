// Finds Linux releases in texts and file names.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

// Returns the Linux release at the beginning of `text` ("6.1.0-18-cloud-amd64"), or an empty text.
// A release has at least two numbers with a dot between them, at most 64 characters, and only
// characters that releases have.
std::string leading_release(std::string_view text);

// Returns the release in the file name of a kernel or of its BTF, or an empty text:
// "vmlinuz-6.1.0-18-amd64", "5.4.0-26-generic.btf.tar.xz".
std::string release_in_file_name(std::string_view file_name);

}  // namespace ebpfkit::host
