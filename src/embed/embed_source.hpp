// The C++ files that put embedded BTF into an application.
#pragma once

#include <filesystem>
#include <string>

namespace ebpfkit::host {

// Source that assembles the file's bytes as <name>_ebpf_btf, and their number as
// <name>_ebpf_btf_size. The file's hash stands in it, so that it changes with the file. Throws
// `failure` when the file is not what embed() makes, or `name` is no C identifier.
std::string make_embed_source(const std::filesystem::path& file, const std::string& name);

}  // namespace ebpfkit::host
