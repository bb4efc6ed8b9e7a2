// A directory of BTF files addressed by name: DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE, as in
// BTFHub's archive.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// The cache that is used when none is named: $XDG_CACHE_HOME/ebpfkit/btf, else
// $HOME/.cache/ebpfkit/btf. Throws `failure` when neither variable is set.
std::filesystem::path default_btf_cache();

// True for a name that stays within the cache: parts of [A-Za-z0-9._+~:-], none "." or "..", with
// single slashes between.
bool is_cache_name(std::string_view name);

// The file that `name` ("ubuntu/22.04/arm64/5.15.0-25") stands for in `cache`. In this order: the
// file itself; name.btf, also as .btf.xz, .zst or .gz and as .btf.tar[.xz|.zst|.gz]; the one such
// file whose name goes on behind `name` with one of "-.+_~" (5.15.0-25-generic.btf.tar.xz). A part
// of the name may be any alias of its architecture (aarch64 for arm64, amd64 or x86 for x86_64).
// Throws `failure`: for a malformed name; when several files match (it lists them); when none does
// (it tells up to five names that are there and nearest).
std::filesystem::path find_cached_btf(const std::filesystem::path& cache, std::string_view name);

// The file that the user means by `word`: a file of that name, else what find_cached_btf() finds in
// `cache`, or in default_btf_cache() when `cache` is empty. A word that is neither a file nor a
// name of the cache is returned as it is, so that whoever reads it says what is wrong. Throws
// `failure` when the cache does not have the name.
std::filesystem::path find_btf_file(const std::filesystem::path& word,
                                    const std::filesystem::path& cache);

// Up to `count` names in `cache`, nearest to `name` first: those of the same architecture and the
// same distribution come first, then the fewest letters to change. Looks at no more than 100,000
// files.
std::vector<std::string> nearest_cached_names(const std::filesystem::path& cache,
                                              std::string_view name, std::size_t count);

}  // namespace ebpfkit::host
