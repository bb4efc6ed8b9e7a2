// Where the functions of an executable or library are in its file, by its ELF symbol tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::detail {

// The bytes of a file: of an open one, or of one in memory.
class file_bytes {
 public:
  explicit file_bytes(int fd) noexcept : fd_(fd) {}
  explicit file_bytes(std::string_view memory) noexcept : memory_(memory) {}

  // Copies bytes. Returns false when the file does not have them all, or cannot be read.
  bool read(std::uint64_t offset, void* to, std::size_t size) const;

 private:
  int fd_ = -1;
  std::string_view memory_{};
};

// Finds the offsets, in bytes from the beginning of the file, of functions that the file defines:
// one for each name, in that order, or those of all functions that match if there is only one name
// and it has the wildcards `*` or `?`. Offsets of a pattern ascend, and each is there once. Of
// several functions with the same name it takes the global one.
//
// Returns 0 or an errno: ENOEXEC when the file is no ELF file with this machine's byte order, or
// is damaged; ENOENT when no function has a name, which `culprit` then tells; ENOTUNIQ when several
// local functions have it.
int find_function_offsets(const file_bytes& file, const std::vector<std::string>& functions,
                          std::vector<std::uint64_t>& offsets, std::string& culprit);

}  // namespace ebpfkit::detail
