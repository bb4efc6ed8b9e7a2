// The files of a virtual machine: an archive that the kernel unpacks into its memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// Makes an archive in cpio's "newc" format
// (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel). Directories above a
// file are made once. Equal calls make equal bytes.
class initramfs {
 public:
  // `path` is the absolute name in the machine.
  void add_file(std::string_view path, std::string_view content, std::uint32_t permissions = 0644);

  // Adds a file of this machine, or the directory with all that is in it. Links in the directory
  // stay links. Throws `failure` when it cannot be read.
  void add_from(const std::filesystem::path& source, std::string_view path);

  void add_directory(std::string_view path);
  void add_link(std::string_view path, std::string_view target);

  // Adds a character device (mknod(2)).
  void add_character_device(std::string_view path, std::uint32_t major, std::uint32_t minor);

  // Whether add_file() has added a file of this name.
  bool has(std::string_view path) const;

  // Returns the archive with its end mark.
  std::string finish() const;

 private:
  void add_entry(std::string_view path, std::uint32_t mode, std::string_view content,
                 std::uint32_t device_major = 0, std::uint32_t device_minor = 0);
  void add_directories_above(std::string_view path);

  std::string archive_;
  std::set<std::string, std::less<>> directories_;
  std::set<std::string, std::less<>> files_;
  std::uint32_t next_inode_ = 1;
};

}  // namespace ebpfkit::host
