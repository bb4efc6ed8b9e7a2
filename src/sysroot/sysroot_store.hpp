// The cache of sysroots: where they are, which are there, whether they are as they were made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sysroot/manifest.hpp"

namespace ebpfkit::host {

// A sysroot in the cache.
struct stored_sysroot {
  std::filesystem::path directory;
  std::string target;                        // from the directory's name
  std::string digest;                        // likewise: its first digits
  std::optional<sysroot_manifest> manifest;  // empty when the manifest is missing or damaged
  std::string problem;                       // then: why
  std::uint64_t size = 0;                    // of all files, in bytes
};

// The sysroots of one cache: <cache>/sysroots/<target>-<digest>.
class sysroot_store {
 public:
  explicit sysroot_store(std::filesystem::path cache) : cache_(std::move(cache)) {}

  const std::filesystem::path& cache() const { return cache_; }

  // Returns the directory of the sysroot with this target and digest. It need not be there.
  std::filesystem::path directory(std::string_view target, std::string_view digest) const;

  // Returns the lock of all that changes sysroots of the target.
  std::filesystem::path lock_path(std::string_view target) const;

  // Returns the sysroots that are there, sorted by name.
  std::vector<stored_sysroot> list() const;

  // Returns those that `word` means: a target ("aarch64", "openwrt-aarch64"), or the directory of
  // one in this cache. Throws `failure` when there is none.
  std::vector<stored_sysroot> find(const std::string& word) const;

  // Removes the sysroot and what is remembered about it. Another process sees the whole sysroot or
  // none. Throws `failure`.
  void remove(const stored_sysroot& sysroot) const;

  // Throws `failure` when a file of the sysroot is not as it was made. This looks at sizes and
  // times, and reads the files only when those differ from what remember() wrote.
  void check(const std::filesystem::path& directory) const;

  // Writes the sizes and times of all files to a file beside the sysroot.
  void remember(const std::filesystem::path& directory) const;

  // The sysroot that an earlier request with the same digest ended in. Returns an empty path when
  // there is none.
  std::filesystem::path find_request(const std::string& request_digest) const;
  void remember_request(const std::string& request_digest,
                        const std::filesystem::path& directory) const;

 private:
  std::filesystem::path cache_;
};

}  // namespace ebpfkit::host
