// Filling the BTF cache from what the machine has.
#pragma once

#include <filesystem>
#include <string>

#include "input/btf_input.hpp"

namespace ebpfkit::host {

struct fetch_request {
  std::string source = "running";  // or the path of a kernel, a package of one, or a BTF file
  std::filesystem::path cache;     // directory, made when needed
  // Name in the cache, without ".btf". Empty: DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE of this
  // machine for the running kernel; a file does not tell its distribution and needs a name.
  std::string name;
};

struct fetch_result {
  btf_source source;
  std::filesystem::path path;  // of the file in the cache
  bool made_by_pahole = false;
};

// Writes the BTF of `request.source`, checked, to CACHE/NAME.btf: the old file or the whole new one
// is there at any time. BTF for a vmlinux that has DWARF but no BTF is made by `pahole`. Throws
// `failure`: no BTF, a bad or missing name, no pahole.
fetch_result fetch_btf(const fetch_request& request);

// ID and VERSION_ID ("debian", "12") of text in the format of os-release(5), with "linux" and
// "rolling" for what is missing, as "debian/12".
std::string distribution_path(std::string_view os_release);

}  // namespace ebpfkit::host
