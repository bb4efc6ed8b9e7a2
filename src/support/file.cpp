#include "support/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sha2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/file_descriptor.hpp"
#include "support/temporary_entry.hpp"

namespace ebpfkit::host {
namespace {

[[noreturn]] void fail(std::string_view operation, const std::filesystem::path& path, int error,
                       std::string remedy = {}) {
  throw failure(fmt::format("cannot {} '{}': {}", operation, path.string(), std::strerror(error)),
                std::move(remedy));
}

void touch(const std::filesystem::path& path) {
  if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0)
    fail("touch", path, errno);
}

bool has_content(const std::filesystem::path& path, std::span<const std::uint8_t> content) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) ||
      std::filesystem::file_size(path, error) != content.size() || error)
    return false;
  const auto present = read_file(path);
  return std::ranges::equal(present, content);
}

[[noreturn]] void fail_write(const std::filesystem::path& path, int error) {
  if (error == EFBIG)
    fail("write", path, error, "Check the limit of file sizes: ulimit -f.");
  if (error == ENOSPC || error == EDQUOT || error == EIO)
    fail("write", path, error, "Check the free space of the file system.");
  fail("write", path, error, "Check that the directory is writable.");
}

// Opens the file for reading. Throws `failure` with the path, errno's text and a remedy.
file_descriptor open_to_read(const std::filesystem::path& path) {
  file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    const int error = errno;
    fail("read", path, error, unreadable_file_remedy(path));
  }
  return file;
}

// Reads up to `size` bytes. Returns 0 at the end of the file. Throws `failure`.
std::size_t read_piece(const file_descriptor& file, std::uint8_t* out, std::size_t size,
                       const std::filesystem::path& path) {
  for (;;) {
    const auto got = ::read(file.get(), out, size);
    if (got >= 0)
      return static_cast<std::size_t>(got);
    if (errno != EINTR)
      fail("read", path, errno);
  }
}

// Ends the digest and returns it in lower-case hexadecimal.
std::string hexadecimal(SHA2_CTX& context) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256Final(digest.data(), &context);
  std::string text;
  for (const auto byte : digest)
    text += fmt::format("{:02x}", byte);
  return text;
}

// Writes and closes the file. `shown` is its name in messages.
void write_all(file_descriptor& file, std::span<const std::uint8_t> content,
               const std::filesystem::path& shown) {
  while (!content.empty()) {
    const auto written = ::write(file.get(), content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR)
        continue;
      fail_write(shown, errno);
    }
    content = content.subspan(static_cast<std::size_t>(written));
  }
  if (!file.close())
    fail_write(shown, errno);
}

// True for a device, FIFO or socket. The program writes into such a file and must not replace it.
bool is_special(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

// True for a link that another user has put into a directory where everybody may write. The kernel
// does not follow such a link when fs.protected_symlinks is set (may_follow_link() of
// fs/namei.c).
bool is_planted(const std::filesystem::path& link) {
  const auto directory = link.has_parent_path() ? link.parent_path() : std::filesystem::path(".");
  struct stat of_link {};
  struct stat of_directory {};
  if (::lstat(link.c_str(), &of_link) != 0 || ::stat(directory.c_str(), &of_directory) != 0)
    return false;
  return (of_directory.st_mode & S_IWOTH) != 0 && of_link.st_uid != ::geteuid() &&
         of_link.st_uid != of_directory.st_uid;
}

// Follows the symbolic links at the end of the path, because a rename over a link would replace the
// link. The file that they lead to need not exist.
std::filesystem::path without_links(std::filesystem::path path) {
  constexpr int most_links = 40;  // the kernel's limit
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
    if (links == most_links)
      fail("write", path, ELOOP);
    if (is_planted(path))
      throw failure(
          fmt::format("cannot write '{}': another user has made it a symbolic link", path.string()),
          "Remove the link, or write into a directory of your own.");
    const auto target = std::filesystem::read_symlink(path, error);
    if (error)
      fail("write", path, error.value());
    path = path.parent_path() / target;
  }
  return path;
}

void write_special(const std::filesystem::path& path, std::span<const std::uint8_t> content) {
  static_cast<void>(without_links(path));  // throws for a link that another user has planted
  file_descriptor file(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    fail_write(path, errno);
  // Somebody may have put a link to a regular file here after is_special() looked.
  if (S_ISREG(status.st_mode))
    fail("write", path, EEXIST, "The file changes at the same time. Run the command again.");
  write_all(file, content, path);
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

void make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    fail("create the directory", directory, error.value());
}

// `shown` is the output, for messages.
std::unique_ptr<temporary_entry> make_temporary(const std::filesystem::path& directory,
                                                temporary_entry::type type,
                                                const std::filesystem::path& shown) {
  try {
    return std::make_unique<temporary_entry>(directory, type);
  } catch (const std::system_error& error) {
    fail_write(shown, error.code().value());
  }
}

void replace(const std::filesystem::path& target, const std::filesystem::path& temporary,
             const std::filesystem::path& shown) {
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    fail("replace", shown, errno);
}

timespec now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

// Several threads may write.
std::mutex written_mutex;
std::vector<std::filesystem::path> written_paths;

void note_written(const std::filesystem::path& path) {
  const std::lock_guard lock(written_mutex);
  if (std::ranges::find(written_paths, path) == written_paths.end())
    written_paths.push_back(path);
}

// The clock is finer than that of the file system, so files that were written before the start have
// earlier times.
const timespec process_start = now();

bool is_later(const timespec& time, const timespec& other) {
  return std::pair(time.tv_sec, time.tv_nsec) > std::pair(other.tv_sec, other.tv_nsec);
}

}  // namespace

std::span<const std::uint8_t> read_file(const std::filesystem::path& path,
                                        std::vector<std::uint8_t>& buffer) {
  const auto file = open_to_read(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    fail("read", path, errno);
  if (S_ISDIR(status.st_mode))
    fail("read", path, EISDIR, "Name a file, not a directory.");

  // st_size is only a hint: it is wrong for sysfs and pipes.
  const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1;
  if (buffer.size() < expected)
    buffer.resize(expected);
  std::size_t used = 0;
  for (;;) {
    if (used == buffer.size())
      buffer.resize(buffer.size() * 2);
    const auto got = read_piece(file, buffer.data() + used, buffer.size() - used, path);
    if (got == 0)
      break;
    used += got;
  }
  return std::span(buffer).first(used);
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  std::vector<std::uint8_t> bytes;
  bytes.resize(read_file(path, bytes).size());
  return bytes;
}

std::optional<mapped_file> map_kernel_file(const std::filesystem::path& path) {
  const file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct statfs system {};
  struct stat status {};
  if (file.get() < 0 || ::fstatfs(file.get(), &system) != 0 || system.f_type != SYSFS_MAGIC ||
      ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
    return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* pages = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (pages == MAP_FAILED)
    return std::nullopt;
  return mapped_file{{static_cast<const std::uint8_t*>(pages), size},
                     std::shared_ptr<const void>(pages, [size](const void* mapped) {
                       ::munmap(const_cast<void*>(mapped), size);
                     })};
}

std::vector<std::filesystem::path> written_files() {
  const std::lock_guard lock(written_mutex);
  auto paths = written_paths;
  std::error_code error;
  std::erase_if(paths, [&](const auto& path) { return !std::filesystem::exists(path, error); });
  return paths;
}

void write_output(const std::filesystem::path& path, std::string_view content,
                  unchanged when_unchanged) {
  note_written(path);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  if (has_content(path, bytes)) {
    if (when_unchanged == unchanged::touch)
      touch(path);
    return;
  }
  if (is_special(path))
    return write_special(path, bytes);
  const auto target = without_links(path);
  const auto directory = directory_of(target);
  make_directory(directory);
  const auto temporary = make_temporary(directory, temporary_entry::type::file, path);
  write_all(temporary->descriptor(), bytes, path);
  replace(target, temporary->path(), path);
  temporary->release();
}

temporary_file::temporary_file(std::filesystem::path output, const std::filesystem::path& name)
    : output_(std::move(output)) {
  // A temporary file does not belong in a directory of devices.
  const auto directory = is_special(output_) ? std::filesystem::temp_directory_path()
                                             : directory_of(without_links(output_));
  make_directory(directory);
  directory_ = make_temporary(directory, temporary_entry::type::directory, output_);
  path_ = directory_->path() / name;
}

temporary_file::~temporary_file() = default;

std::string temporary_file::in_message(std::string text) const {
  const auto& hidden = path_.native();
  const auto& shown = output_.native();
  for (auto at = text.find(hidden); at != std::string::npos;
       at = text.find(hidden, at + shown.size()))
    text.replace(at, hidden.size(), shown);
  return text;
}

void temporary_file::check_space(std::string_view text) const {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    // "fatal error: ..." of clang, "Error: ..." of bpftool. A line of the user's source with the
    // same words would have them in quotes.
    const auto message = line.find("rror: ");
    if (message == std::string_view::npos || line.find('"') != std::string_view::npos)
      continue;
    for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
      if (line.find(std::strerror(error), message) != std::string_view::npos)
        fail_write(output_, error);
    }
  }
}

void temporary_file::commit_other_files() const {
  if (is_special(output_))
    return;
  std::vector<std::filesystem::path> others;
  for (const auto& entry : std::filesystem::directory_iterator(directory_->path())) {
    if (entry.path() != path_)
      others.push_back(entry.path());
  }
  for (const auto& other : others) {
    const auto target = directory_of(without_links(output_)) / other.filename();
    replace(target, other, target);
  }
}

void temporary_file::commit(unchanged when_unchanged) {
  note_written(output_);
  const auto content = read_file(path_);
  if (is_special(output_))
    return write_special(output_, content);
  if (!has_content(output_, content))
    return replace(without_links(output_), path_, output_);
  if (when_unchanged == unchanged::touch)
    touch(output_);
}

void date_output(const std::filesystem::path& output,
                 std::span<const std::filesystem::path> inputs) {
  struct stat status {};
  if (::stat(output.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return;
  const auto is_of_now = [](const std::filesystem::path& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && is_later(found.st_mtim, process_start);
  };
  // The tool itself is an input too.
  if (!is_of_now(output) && !is_of_now("/proc/self/exe") && std::ranges::none_of(inputs, is_of_now))
    return;
  const std::array<timespec, 2> times{process_start, process_start};
  if (::utimensat(AT_FDCWD, output.c_str(), times.data(), 0) != 0)
    fail("set the time of", output, errno, "The file must be your own. Remove it.");
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, bytes.data(), bytes.size());
  return hexadecimal(context);
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const auto file = open_to_read(path);
  SHA2_CTX context;
  SHA256Init(&context);
  std::vector<std::uint8_t> piece(std::size_t{1} << 18U);
  while (const auto got = read_piece(file, piece.data(), piece.size(), path))
    SHA256Update(&context, piece.data(), got);
  return hexadecimal(context);
}

}  // namespace ebpfkit::host
