// What is embedded of one kernel, kept on disk from build to build.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "embed/distinct_relocations.hpp"
#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"
#include "relocation/wanted_types.hpp"

namespace ebpfkit::host {

struct prepared_kernel {
  std::string release;                      // empty: the file does not tell
  std::string architecture;                 // as in the index; empty: the file does not tell
  std::uint64_t source_size = 0;            // bytes of the whole BTF
  std::string task_offsets;                 // of find_task_offsets()
  std::vector<relocation_status> outcomes;  // one for each distinct relocation
  std::vector<std::uint8_t> btf;            // minimised
};

// A kernel's file, read as far as it takes to tell whether what it gives is known already.
struct kernel_input {
  std::vector<std::uint8_t> bytes;  // the file's; where it is raw BTF, what is wanted of that
  std::uint64_t file_size = 0;
  bool is_extract = false;
  std::string digest;  // SHA-256 of everything in the file that the result depends on
};

// Throws `failure` that names the path. `buffer`: see read_file().
kernel_input read_kernel(const std::filesystem::path& path, const wanted_types& wanted,
                         std::vector<std::uint8_t>& buffer);

// Prepares a kernel. Throws `failure` that names the path: no BTF, another byte order than the
// programs'.
prepared_kernel prepare_kernel(const std::filesystem::path& path, kernel_input input,
                               std::span<const program_object> objects,
                               const distinct_relocations& relocations, const wanted_types& wanted);

// What changes with a file whenever somebody writes to it: its size, times and inode. Empty where
// that cannot be relied on, because the file was written to in the last two seconds, which is how
// coarse the times of some file systems are. Throws `failure` that names the path.
std::string file_state(const std::filesystem::path& path);

// Prepared kernels in a directory. A name holds the hash of the path, of the digest of the
// relocations and of EbpfKit's version; the file tells which content the result is of. Safe with
// threads that ask for different files.
class prepared_kernel_store {
 public:
  struct entry {
    std::string state;   // file_state() of the kernel's file
    std::string digest;  // kernel_input::digest
    prepared_kernel kernel;
  };

  explicit prepared_kernel_store(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  // The name for this input.
  static std::string key(const std::filesystem::path& path,
                         const distinct_relocations& relocations);

  // Nothing when it is not there or damaged.
  std::optional<entry> find(const std::string& key, const distinct_relocations& relocations) const;
  void put(const std::string& key, const entry& content) const;

  // Removes everything but these.
  void keep_only(const std::vector<std::string>& keys) const;

 private:
  std::filesystem::path directory_;
};

}  // namespace ebpfkit::host
