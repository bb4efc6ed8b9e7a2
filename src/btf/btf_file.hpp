// Getting BTF out of a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The raw BTF in a file that is raw BTF itself (of either byte order), or the `.BTF` section of an
// ELF file: vmlinux, a kernel module, a BPF object. Throws `failure` that names the file and what
// is wrong with it.
std::vector<std::uint8_t> read_btf(const std::filesystem::path& path);

// Parses what `read_btf` gave for `path`; the path is only for messages. `base`, `when`: see
// type_graph. What `type_graph::check` throws later does not name the file.
// Bytes that are moved in need not be copied.
std::shared_ptr<const type_graph> parse_btf(const std::filesystem::path& path,
                                            std::vector<std::uint8_t>&& bytes,
                                            std::shared_ptr<const type_graph> base = nullptr,
                                            type_checks when = type_checks::at_once);
std::shared_ptr<const type_graph> parse_btf(const std::filesystem::path& path,
                                            const std::vector<std::uint8_t>& bytes,
                                            std::shared_ptr<const type_graph> base = nullptr);

// The types of a file that `read_btf` reads, without a copy of the running kernel's.
std::shared_ptr<const type_graph> open_btf(const std::filesystem::path& path, type_checks when);

}  // namespace ebpfkit::host
