// Reads whole files. Writes files so that either the old file or the complete new one is there.
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

// Returns the file's bytes. It also reads files whose size the kernel does not report (sysfs,
// pipes). Throws `failure` with the path and errno's text, also for a directory or an unreadable
// file.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

// The pages of a sysfs file whose driver supports mmap (/sys/kernel/btf/vmlinux since Linux 6.16).
// Nothing can change or truncate such a file. map_kernel_file() returns nothing for other files,
// because reading a mapped file that shrinks raises SIGBUS, and nothing when mapping fails.
struct mapped_file {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;  // unmaps the bytes
};
std::optional<mapped_file> map_kernel_file(const std::filesystem::path& path);

// Like read_file() above, for a program that reads many files one after the other. The bytes are in
// `buffer`, which only grows: this is cheaper than new memory for each file.
std::span<const std::uint8_t> read_file(const std::filesystem::path& path,
                                        std::vector<std::uint8_t>& buffer);

// What to do with an output when its content would not change.
enum class unchanged {
  keep,   // leave the file alone, so that Ninja skips every step that depends on it
  touch,  // renew its modification time, because make would otherwise run the rule in every build
};

// Writes `content` to a temporary file beside `path` and renames it to `path`: readers see the old
// or the new file, never a part. Creates the directory. If the file already has this content, keeps
// or touches it. Replaces the target of a symbolic link, not the link. Writes directly into a
// device or a FIFO. Throws `failure`; a failed write leaves `path` as it was.
void write_output(const std::filesystem::path& path, std::string_view content,
                  unchanged when_unchanged);

// A file name that no other process uses. The file is beside `path`, or in the temporary directory
// when `path` is a device. The destructor removes the file unless it was released.
class temporary_file {
 public:
  explicit temporary_file(const std::filesystem::path& beside);
  ~temporary_file();
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Renames the file to `target`. If `target` already has the same bytes, removes the file and
  // applies `when_unchanged` to `target`. Treats links, devices and FIFOs like `write_output`.
  // Throws `failure`.
  void commit(const std::filesystem::path& target, unchanged when_unchanged);

 private:
  std::filesystem::path path_;
};

// Returns the SHA-256 of the bytes in lower-case hexadecimal.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace ebpfkit::host
