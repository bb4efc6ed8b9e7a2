// BTF from whatever holds it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "btf/checked_btf.hpp"
#include "btf/type_graph.hpp"
#include "input/container.hpp"

namespace ebpfkit::host {

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
checked_btf load_btf(const std::filesystem::path& path,
                     const std::optional<std::filesystem::path>& base = std::nullopt);

// The types of BTF that stands by itself, for callers that need nothing else. They see the running
// kernel's BTF without a copy where the kernel lets it be mapped. With `type_checks::on_use`,
// errors that `type_graph::check` throws later do not name the file. Throws `failure`, also for a
// module's BTF with a .BTF.base: without the kernel's own types there is little in it.
std::shared_ptr<const type_graph> open_btf(const std::filesystem::path& path,
                                           type_checks when = type_checks::at_once);

// Whether sysfs shows it: then it is the running kernel's, whose release is not in the file.
bool is_of_running_kernel(const std::filesystem::path& path);
std::string running_release();

}  // namespace ebpfkit::host
