// Whole-file reading, and writing that leaves either the old file or the complete new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the file's bytes. Throws `failure` that names the path and errno's text. Works for files
// whose size the kernel does not tell (sysfs, pipes). A directory or an unreadable file is an
// error.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

// The pages of a file that nothing can change or cut off: one of sysfs whose driver lets it be
// mapped (/sys/kernel/btf/vmlinux since Linux 6.16). Other files may shrink while they are looked
// at, which would be a SIGBUS: for them, and where mapping fails, there is nothing.
struct mapped_file {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;  // unmaps them
};
std::optional<mapped_file> map_kernel_file(const std::filesystem::path& path);

// The same for many files, one after the other: the bytes are in `buffer`, which only grows, and is
// cheaper than new memory for each.
std::span<const std::uint8_t> read_file(const std::filesystem::path& path,
                                        std::vector<std::uint8_t>& buffer);

// What to do with an output whose content would not change.
enum class unchanged {
  keep,   // leave the file alone: Ninja then skips everything behind it
  touch,  // renew its modification time: make would otherwise run the rule in every build
};

// Writes `content` to a temporary file beside `path` and renames it over `path`, so that readers
// see the old or the new file, never a part. The directory is created. A file that has this content
// already is kept or touched. Of a symbolic link, what it leads to is replaced; a device or a FIFO
// is written into. Throws `failure`; a failed write leaves `path` as it was.
void write_output(const std::filesystem::path& path, std::string_view content,
                  unchanged when_unchanged);

// A file name beside `path` (or in the temporary directory, where that is a device) that no other
// process uses, removed on destruction unless released.
class temporary_file {
 public:
  explicit temporary_file(const std::filesystem::path& beside);
  ~temporary_file();
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Renames the file to `target`, or, where `target` has the same bytes, removes it and applies
  // `when_unchanged` to `target`. Links, devices and FIFOs as with `write_output`. Throws
  // `failure`.
  void commit(const std::filesystem::path& target, unchanged when_unchanged);

 private:
  std::filesystem::path path_;
};

// SHA-256 of the bytes in lower-case hexadecimal.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
