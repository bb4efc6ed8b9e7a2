// A directory of BTF files. Their names are DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE, as in
// BTFHub's archive.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the default cache: $EBPFKIT_CACHE_DIR/btf, else $XDG_CACHE_HOME/ebpfkit/btf, else
// $HOME/.cache/ebpfkit/btf. Throws `failure` when none of the variables is set.
std::filesystem::path default_btf_cache();

// True for a name that stays inside the cache: parts of [A-Za-z0-9._+~:-], single slashes between
// them, no part "." or "..".
bool is_cache_name(std::string_view name);

// Returns the file in `cache` for `name` ("ubuntu/22.04/arm64/5.15.0-25"). It looks in this order:
// 1. the file itself;
// 2. name.btf, also as .btf.xz, .zst or .gz and as .btf.tar[.xz|.zst|.gz];
// 3. the only such file whose name continues `name` with one of "-.+_~"
//    (5.15.0-25-generic.btf.tar.xz), or that is in the directory `name` (debian/6.1/amd64, which
//    `ebpfkit kernel fetch` fills).
// A part of the name may be any alias of its architecture (aarch64 for arm64, amd64 or x86 for
// x86_64). Throws `failure` for a malformed name, when several files match (the message lists
// them), and when no file matches (the message shows up to five of the nearest names in the cache).
std::filesystem::path find_cached_btf(const std::filesystem::path& cache, std::string_view name);

// Returns the file that the user means by `word`: a file of that name, else what find_cached_btf()
// finds in `cache`, or in default_btf_cache() when `cache` is empty. Returns a word unchanged when
// it is neither a file nor a valid name for the cache; the code that reads it then reports the
// problem. Throws `failure` when the cache does not have the name.
std::filesystem::path find_btf_file(const std::filesystem::path& word,
                                    const std::filesystem::path& cache);

// Returns up to `count` names in `cache`, nearest to `name` first. Names of the same architecture
// and the same distribution come first, then those with the fewest letters to change. Looks at no
// more than 100,000 files.
std::vector<std::string> nearest_cached_names(const std::filesystem::path& cache,
                                              std::string_view name, std::size_t count);

}  // namespace ebpfkit::host
