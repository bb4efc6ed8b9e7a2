// Fills the BTF cache from files that this machine has.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "input/btf_input.hpp"

namespace ebpfkit::host {

struct fetch_request {
  std::string source = "running";  // or the path of a kernel, of its package, or of a BTF file
  std::filesystem::path cache;     // a directory, created when needed
  // Name in the cache, without ".btf". Empty: for the running kernel, this machine's
  // DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE. For a package the same, with DISTRIBUTION/VERSION as
  // packaged_kernel has it. Another file needs a name, because it does not tell its distribution.
  std::string name;
};

struct fetch_result {
  btf_source source;
  std::filesystem::path path;  // the file in the cache
  bool made_by_pahole = false;
};

// Checks the BTF of `request.source` and writes it to CACHE/NAME.btf. At any time either the old
// file or the whole new one is there. For a vmlinux with DWARF but no BTF, `pahole` makes the BTF.
// Throws `failure` when there is no BTF, no pahole, or no valid name.
fetch_result fetch_btf(const fetch_request& request);

// Returns ID and VERSION_ID of a text in the format of os-release(5), as "debian/12". Uses "linux"
// and "rolling" for missing values.
std::string distribution_path(std::string_view os_release);

}  // namespace ebpfkit::host
