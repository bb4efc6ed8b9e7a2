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

class temporary_entry;

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

// Returns the outputs of `write_output` and `temporary_file` of this process that are there,
// whether they were changed or not, in the order in which they came, each once.
std::vector<std::filesystem::path> written_files();

// Writes `content` to a temporary file beside `path` and renames it to `path`: readers see the old
// or the new file, never a part. Creates the directory. If the file already has this content, keeps
// or touches it. Replaces the target of a symbolic link, not the link. Does not follow a link that
// another user has put into a directory where everybody may write. Writes directly into a device or
// a FIFO. Throws `failure`; a failed write leaves `path` as it was.
void write_output(const std::filesystem::path& path, std::string_view content,
                  unchanged when_unchanged);

// A file that another program writes, and that becomes the output `output` or is read and thrown
// away. It is in a new directory that only this user can enter, so nobody can put a link in its
// place. The directory is beside `output`, or in the temporary directory when `output` is a device.
// The destructor removes the directory.
class temporary_file {
 public:
  // Creates the directory, not the file. `name` is the file's name in the directory. Throws
  // `failure`.
  explicit temporary_file(std::filesystem::path output,
                          const std::filesystem::path& name = "output");
  ~temporary_file();
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Returns a message of the program that writes the file, with the name of the output instead of
  // the temporary name.
  std::string in_message(std::string text) const;

  // Throws `failure` if the message of the program that failed says that the disk is full, or
  // that the file is too large. The message may be long: clang then asks to report a crash.
  void check_space(std::string_view text) const;

  // Moves the directory's other files to where the output is, unless the output is a device.
  void commit_other_files() const;

  // Renames the file to the output. If the output already has the same bytes, applies
  // `when_unchanged` to it instead. Treats links, devices and FIFOs like `write_output`. Throws
  // `failure`.
  void commit(unchanged when_unchanged);

 private:
  std::filesystem::path output_;
  std::filesystem::path path_;
  std::unique_ptr<temporary_entry> directory_;
};

// Call this when a step of a build has written `output`, or has kept it because its content is the
// same. If an input has a time after the start of this process, somebody wrote it while the step
// ran, or its time is in the future. Then the output gets the time of the start, so that the next
// build runs the step again. Without this, Ninja 1.11 would take a kept output for newer
// than all its inputs, and would not look at them until the clock reaches that time. An output
// that was written now gets the time of the start too, for inputs that this process does not know.
// Call this also for an input that the step itself writes, because such a file must not be newer
// than the output. Throws `failure`.
void date_output(const std::filesystem::path& output,
                 std::span<const std::filesystem::path> inputs);

// Returns the SHA-256 of the bytes in lower-case hexadecimal.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

// The same of a file's bytes. Reads the file in pieces, because it may be large. Throws `failure`
// as read_file() does.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace ebpfkit::host
