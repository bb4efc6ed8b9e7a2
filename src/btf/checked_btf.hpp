// BTF with its origin, before and after the check.
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
  std::string kernel_release;        // "6.1.0-18-amd64"; empty when unknown
  std::string architecture;          // as in architecture.hpp; empty when unknown
  std::string distribution;          // "fedora/40", out of a package; empty when unknown
};

// BTF that is not checked yet.
struct raw_btf {
  btf_source source;
  std::vector<std::uint8_t> bytes;
  // A module's own excerpt of the BTF that it continues (section .BTF.base, Linux 6.11). It makes
  // the module independent of the build of the kernel. Empty for all other BTF.
  std::vector<std::uint8_t> base_bytes;
};

// Checked BTF, but for names that C does not allow (type_checks::names_on_use).
struct checked_btf {
  btf_source source;
  std::vector<std::uint8_t> bytes;  // `graph` was made of these; for its hash and for other tools
  std::shared_ptr<const type_graph> graph;
};

// Checks BTF. `base` is the BTF that split BTF (a kernel module's) continues, or null. If there is
// a base and the module has a .BTF.base, first relocates the module to the base. Throws `failure`
// that names `raw.source.path`, also when a base is missing or not wanted.
checked_btf check_btf(raw_btf raw, const checked_btf* base);

// True for BTF that does not begin with an empty string. Only split BTF may do so: libbpf refuses
// all other BTF without that string.
bool is_split_btf(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
