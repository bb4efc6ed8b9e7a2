// BTF of many kernels, cut down to what given programs need of them, in one file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "embed/distinct_relocations.hpp"
#include "embed/kernel_identity.hpp"
#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"

namespace ebpfkit::host {

struct embed_request {
  std::vector<std::filesystem::path> objects;
  std::vector<std::string> btfs;     // words of find_kernel_files()
  std::vector<std::string> filters;  // as for fnmatch(3), about kernel_identity::path_text()
  std::string build_btf;             // the build's kernel, as one word of find_kernel_files()
  std::string build_version;         // its `uname -v`; empty: not known
  std::string architecture;          // the kernel's name ("x86"): others are left out; empty: none
  std::filesystem::path btf_cache;   // empty: the user's
  std::filesystem::path work_directory;  // what is kept from build to build
  unsigned threads = 0;                  // 0: one for each processor
};

struct embedded_kernel_report {
  kernel_identity identity;
  std::filesystem::path file;
  std::uint64_t source_size = 0;            // bytes of the whole BTF
  std::size_t btf_size = 0;                 // of what is embedded
  std::uint32_t blob = 0;                   // kernels of the same number share one BTF
  std::vector<relocation_status> outcomes;  // one for each of embed_result::relocations
};

struct embed_result {
  std::string file;  // the bytes to embed
  std::vector<program_object> objects;
  distinct_relocations relocations;
  std::vector<embedded_kernel_report> kernels;  // in the order of the index
  std::optional<embedded_kernel_report> build_kernel;
  std::size_t made_count = 0;  // of `kernels`; the others were kept from an earlier build
  std::size_t other_architecture_count = 0;   // files left out
  std::size_t filtered_count = 0;             // files left out
  std::vector<std::filesystem::path> inputs;  // all files and directories that were looked at
};

// Throws `failure`: an object or a BTF that is not one, a kernel whose release nothing tells, two
// different BTFs for one kernel, a filter that fits no kernel, no kernel left.
embed_result embed(const embed_request& request);

}  // namespace ebpfkit::host
