// What is embedded of one kernel, kept on disk from build to build.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/program_object.hpp"
#include "core/resolve.hpp"
#include "embed/distinct_relocations.hpp"

namespace ebpfkit {

struct prepared_kernel {
  std::string release;                      // empty: the file does not tell
  std::string architecture;                 // as in the index; empty: the file does not tell
  std::uint64_t source_size = 0;            // bytes of the whole BTF
  std::string task_offsets;                 // of find_task_offsets()
  std::vector<relocation_status> outcomes;  // one for each distinct relocation
  std::vector<std::uint8_t> btf;            // minimised
};

// Prepares a kernel without a look at the disk. `file` is the content of `path`. Throws `failure`
// that names the path: no BTF, another byte order than the programs'.
prepared_kernel prepare_kernel(const std::filesystem::path& path, std::vector<std::uint8_t> file,
                               std::span<const program_object> objects,
                               const distinct_relocations& relocations);

// Prepared kernels in a directory. A name holds the hash of everything that the result depends on:
// the file's content and path, the digest of the relocations, EbpfKit's version. Safe with threads
// that ask for different files.
class prepared_kernel_store {
 public:
  explicit prepared_kernel_store(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  // The name for this input.
  static std::string key(const std::filesystem::path& path, std::span<const std::uint8_t> file,
                         const distinct_relocations& relocations);

  // Nothing when it is not there or damaged.
  std::optional<prepared_kernel> find(const std::string& key,
                                      const distinct_relocations& relocations) const;
  void put(const std::string& key, const prepared_kernel& kernel) const;

  // Removes everything but these.
  void keep_only(const std::vector<std::string>& keys) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace ebpfkit
