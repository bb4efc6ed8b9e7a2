// The part of one kernel that is embedded. Builds keep it on disk for the next build.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "embed/distinct_relocations.hpp"
#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"

namespace ebpfkit::host {

struct prepared_kernel {
  std::string release;                      // empty: not in the file
  std::string architecture;                 // as in the index; empty: not in the file
  std::uint64_t source_size = 0;            // bytes of the whole BTF
  std::string task_offsets;                 // from find_task_offsets()
  std::vector<relocation_status> outcomes;  // one for each distinct relocation
  std::vector<std::uint8_t> btf;            // minimised
};

// A kernel's file, read far enough to tell whether a stored result still fits it.
struct kernel_input {
  std::vector<std::uint8_t> bytes;  // of the file or, if `is_extract`, of its wanted types
  std::uint64_t file_size = 0;
  bool is_extract = false;
  std::string digest;  // SHA-256 of everything in the file that the result depends on
};

// Throws a `failure` that names the path. See read_file() for `buffer`.
kernel_input read_kernel(const std::filesystem::path& path, const wanted_types& wanted,
                         std::vector<std::uint8_t>& buffer);

// Prepares a kernel. Throws a `failure` that names the path when the file has no BTF, or BTF in
// another byte order than the programs.
prepared_kernel prepare_kernel(const std::filesystem::path& path, kernel_input input,
                               std::span<const program_object> objects,
                               const distinct_relocations& relocations, const wanted_types& wanted);

// A directory of prepared kernels. The name of an entry is a hash of the kernel's path, the digest
// of the relocations and EbpfKit's version. The entry tells from which content it was made. Several
// threads may use the store at once for different kernels.
class prepared_kernel_store {
 public:
  struct entry {
    std::string state;   // file_state() of the kernel's file
    std::string digest;  // kernel_input::digest
    prepared_kernel kernel;
  };

  explicit prepared_kernel_store(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  // The name of the entry for this kernel and these relocations.
  static std::string key(const std::filesystem::path& path,
                         const distinct_relocations& relocations);

  // Returns nothing when the entry is missing or damaged.
  std::optional<entry> find(const std::string& key, const distinct_relocations& relocations) const;
  void put(const std::string& key, const entry& content) const;

  // Removes all other entries.
  void keep_only(const std::vector<std::string>& keys) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace ebpfkit::host
