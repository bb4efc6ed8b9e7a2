// Makes Rust of a C header, by bindgen.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the command of the bindgen that `given` names, a path or a name on PATH, with the option
// that formats what it prints. When `given` is empty, looks for bindgen on PATH and in
// ~/.cargo/bin. Throws `failure` when there is none, or an older one than 0.60.
std::vector<std::string> find_bindgen(std::string_view given);

// Returns what bindgen makes of a header that make_c_types() wrote: the types of this header only,
// for `core`. `bindgen` is its command. Prints what bindgen says to standard error through
// `warnings`. Throws `failure` when bindgen fails.
std::string make_rust_types(const std::filesystem::path& header,
                            const std::vector<std::string>& bindgen, std::string& warnings);

}  // namespace ebpfkit::host
