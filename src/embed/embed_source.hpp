// The C++ files that put embedded BTF into an application.
#pragma once

#include <filesystem>
#include <string>

namespace ebpfkit::host {

// The source defines the symbols <name>_ebpf_btf (the file's bytes) and <name>_ebpf_btf_size (their
// number). It contains the file's hash, so that it changes with the file. Throws `failure` when
// embed() did not make the file or when `name` is no C identifier.
std::string make_embed_source(const std::filesystem::path& file, const std::string& name);

}  // namespace ebpfkit::host
