// BTF with what is known about where it came from, before and after it is checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Where BTF came from.
struct btf_source {
  std::filesystem::path path;
  std::vector<std::string> formats;  // outermost first: {"xz", "tar", "BTF"}
  std::string kernel_release;        // "6.1.0-18-amd64"; empty when nothing tells it
  std::string architecture;          // as in architecture.hpp; empty when nothing tells it
};

// BTF that nobody has checked yet.
struct raw_btf {
  btf_source source;
  std::vector<std::uint8_t> bytes;
  // A module's own excerpt of the BTF that it continues (section .BTF.base, Linux 6.11), which
  // makes it independent of the build of the kernel. Empty for all else.
  std::vector<std::uint8_t> base_bytes;
};

// Checked BTF.
struct checked_btf {
  btf_source source;
  std::vector<std::uint8_t> bytes;  // what `graph` was made of, for its hash and for other tools
  std::shared_ptr<const type_graph> graph;
};

// Checks BTF. `base` is the BTF that split BTF (a kernel module's) continues, or null. With a base,
// a module that has a .BTF.base is first relocated to it. Throws `failure` that names
// `raw.source.path`, also for a base that is missing or not wanted.
checked_btf check_btf(raw_btf raw, const checked_btf* base);

// True for BTF without an empty first string, as only split BTF is (libbpf refuses all other BTF
// without it).
bool is_split_btf(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
