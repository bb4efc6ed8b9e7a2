// Puts the BTF of many kernels into one file, cut down to what given programs need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
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
  std::vector<std::string> filters;  // fnmatch(3) patterns for kernel_identity::path_text()
  std::string build_btf;             // the build's kernel, a word of find_kernel_files()
  std::string build_version;         // its `uname -v`; empty: not known
  std::string architecture;          // the kernel's name ("x86"); others are left out; empty: any
  std::filesystem::path btf_cache;   // empty: the user's
  std::filesystem::path work_directory;  // for files that are kept between builds
  unsigned threads = 0;                  // 0: one for each processor
  // Called after each file, by one thread at a time: how many files are done, and how many there
  // are.
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};
};

struct embedded_kernel_report {
  kernel_identity identity;
  std::filesystem::path file;
  std::uint64_t source_size = 0;            // bytes of the whole BTF
  std::size_t btf_size = 0;                 // bytes of the embedded BTF
  std::uint32_t blob = 0;                   // kernels with the same number share one BTF
  std::vector<relocation_status> outcomes;  // one for each of embed_result::relocations
};

struct embed_result {
  std::string file;  // the bytes to embed
  std::vector<program_object> objects;
  distinct_relocations relocations;
  std::vector<embedded_kernel_report> kernels;  // in the order of the index
  std::optional<embedded_kernel_report> build_kernel;
  std::size_t made_count = 0;  // `kernels` made by this build; the others are from an earlier one
  std::size_t other_architecture_count = 0;   // files left out
  std::size_t filtered_count = 0;             // files left out
  std::vector<std::filesystem::path> inputs;  // all files and directories that embed() looked at
};

// Throws `failure` for: a file that is not an object or not BTF; a kernel of unknown release; two
// different BTFs for one kernel; a filter that fits no kernel; no kernel left to embed.
embed_result embed(const embed_request& request);

}  // namespace ebpfkit::host
