// Reads BTF from every kind of file that may hold it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "btf/checked_btf.hpp"
#include "btf/type_graph.hpp"
#include "input/container.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

// An ELF file has DWARF but no BTF: pahole can make BTF from it.
class dwarf_without_btf : public failure {
 public:
  using failure::failure;
};

// Finds the BTF in the file. The file may be raw BTF; ELF (vmlinux, kernel module, BPF object); a
// bzImage, EFI zboot or plain image of a kernel; a deb or rpm package of a kernel. Each may also be
// compressed, or alone in a tar archive. BTF has at most `most_btf_bytes`. Of an unpacked vmlinux,
// only the first `most_kept_bytes` stay in memory. Throws `failure` that names the file and the
// problem; for an ELF file with DWARF but without BTF it is a `dwarf_without_btf`.
raw_btf read_raw_btf(const std::filesystem::path& path);

// Does the same for a file that is already unwrapped.
raw_btf find_btf(unwrapped_file file, const std::filesystem::path& path);

// Reads and checks BTF. `base` is a file with the BTF that split BTF (a kernel module's) continues.
// If the module has a .BTF.base, it first relocates the module to `base`, or uses .BTF.base as the
// base when there is no `base`. Throws `failure`, also when a base is missing or not wanted.
checked_btf load_btf(const std::filesystem::path& path,
                     const std::optional<std::filesystem::path>& base = std::nullopt);

// Returns the types of BTF that stands by itself, for callers that need nothing else. Does not copy
// the running kernel's BTF where the kernel lets it be mapped. With `type_checks::on_use`, later
// errors of `type_graph::check` do not name the file. Throws `failure`, also for a module's BTF
// with a .BTF.base: without the kernel's own types it contains little.
std::shared_ptr<const type_graph> open_btf(const std::filesystem::path& path,
                                           type_checks when = type_checks::names_on_use);

// True when the file is in sysfs. It then belongs to the running kernel, and the file itself does
// not tell the release.
bool is_of_running_kernel(const std::filesystem::path& path);
std::string running_release();

}  // namespace ebpfkit::host
