// BTF from whatever holds it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"
#include "input/container.hpp"

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
struct btf_input {
  btf_source source;
  std::vector<std::uint8_t> bytes;  // what `graph` was made of, for its hash and for other tools
  std::shared_ptr<const type_graph> graph;
};

// Finds the BTF in the file: raw BTF; ELF (vmlinux, kernel module, BPF object); bzImage, EFI zboot
// and plain images of kernels; deb and rpm packages of kernels; each also compressed or alone in a
// tar archive. Throws `failure` that names the file and what is wrong with it.
raw_btf read_raw_btf(const std::filesystem::path& path);

// The same for a file that is unwrapped already.
raw_btf find_btf(unwrapped_file file, const std::filesystem::path& path);

// True when `file` is ELF with DWARF but without BTF, from which pahole can make BTF.
bool has_only_dwarf(const unwrapped_file& file, const std::filesystem::path& path);

// Reads and checks BTF. `base` is a file with the BTF that split BTF (a kernel module's) continues;
// without it a module's .BTF.base is taken, and with it the module is first relocated to `base` if
// it has one. Throws `failure`, also for a base that is missing or not wanted.
btf_input load_btf(const std::filesystem::path& path,
                   const std::optional<std::filesystem::path>& base = std::nullopt);

// The second half of `load_btf`: `base` is the base's BTF or null.
btf_input check_btf(raw_btf raw, const btf_input* base);

// Whether sysfs shows it: then it is the running kernel's, whose release is not in the file.
bool is_of_running_kernel(const std::filesystem::path& path);
std::string running_release();

// True for BTF without an empty first string, as only split BTF is (libbpf refuses all other BTF
// without it).
bool is_split_btf(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
