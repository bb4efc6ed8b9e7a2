// Runs many commands of a compiler side by side, and makes static libraries of what they write.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// One source that is compiled.
struct compile_job {
  std::vector<std::string> command;  // the compiler and its flags, without -o and the source
  std::filesystem::path source;
  std::filesystem::path object;  // its directory is made
  // Where clang works, above the source. Then its command names the source relative to it, and the
  // object does not depend on where it is. Empty: the command names the source's whole path.
  std::filesystem::path directory = {};
};

// Runs all jobs, at most `jobs` at once, largest sources first. When one fails, starts no other and
// throws `failure` with its command and what the compiler says.
void compile_all(const std::vector<compile_job>& work, unsigned jobs);

// Makes the static library `library` of the objects with the archiver `archiver` (llvm-ar or GNU
// ar). Its bytes depend on the objects' names and bytes only. Throws `failure`.
void make_library(const std::filesystem::path& library, const std::string& archiver,
                  const std::vector<std::filesystem::path>& objects);

// Returns the objects of the jobs, in order.
std::vector<std::filesystem::path> objects_of(const std::vector<compile_job>& work);

}  // namespace ebpfkit::host
