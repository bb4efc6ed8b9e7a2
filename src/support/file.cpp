#include "support/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sha2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

class file_descriptor {
 public:
  explicit file_descriptor(int number) : number_(number) {}
  ~file_descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  int get() const { return number_; }

  // False with errno: some file systems (NFS, quotas) tell only now that a write failed.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

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

void write_all(const std::filesystem::path& path, int flags,
               std::span<const std::uint8_t> content) {
  file_descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666));
  if (file.get() < 0)
    fail("write", path, errno, "Check that the directory is writable.");
  constexpr const char* remedy = "Check the free space of the file system.";
  while (!content.empty()) {
    const auto written = ::write(file.get(), content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR)
        continue;
      fail("write", path, errno, remedy);
    }
    content = content.subspan(static_cast<std::size_t>(written));
  }
  if (!file.close())
    fail("write", path, errno, remedy);
}

// A device, FIFO or socket: it is written into, and must not be replaced by a file.
bool is_special(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

// What the symbolic links at the end of the path lead to, which need not exist: a rename over a
// link would replace the link.
std::filesystem::path without_links(std::filesystem::path path) {
  constexpr int most_links = 40;  // as in the kernel
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
    if (links == most_links)
      fail("write", path, ELOOP);
    const auto target = std::filesystem::read_symlink(path, error);
    if (error)
      fail("write", path, error.value());
    path = path.parent_path() / target;
  }
  return path;
}

}  // namespace

std::span<const std::uint8_t> read_file(const std::filesystem::path& path,
                                        std::vector<std::uint8_t>& buffer) {
  const file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    fail("read", path, errno, "Check the path and its permissions.");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    fail("read", path, errno);
  if (S_ISDIR(status.st_mode))
    fail("read", path, EISDIR, "Name a file, not a directory.");

  // st_size is a hint only: sysfs and pipes do not keep it.
  const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)) + 1;
  if (buffer.size() < expected)
    buffer.resize(expected);
  std::size_t used = 0;
  for (;;) {
    if (used == buffer.size())
      buffer.resize(buffer.size() * 2);
    const auto got = ::read(file.get(), buffer.data() + used, buffer.size() - used);
    if (got < 0) {
      if (errno == EINTR)
        continue;
      fail("read", path, errno);
    }
    if (got == 0)
      break;
    used += static_cast<std::size_t>(got);
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

void write_output(const std::filesystem::path& path, std::string_view content,
                  unchanged when_unchanged) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  if (has_content(path, bytes)) {
    if (when_unchanged == unchanged::touch)
      touch(path);
    return;
  }
  if (is_special(path))
    return write_all(path, 0, bytes);
  temporary_file temporary(path);
  write_all(temporary.path(), O_CREAT | O_TRUNC, bytes);
  temporary.commit(path, when_unchanged);
}

temporary_file::temporary_file(const std::filesystem::path& beside) {
  std::error_code error;
  const auto target = without_links(beside);
  // Among devices there is no place for files.
  const auto directory = is_special(beside)         ? std::filesystem::temp_directory_path()
                         : target.has_parent_path() ? target.parent_path()
                                                    : ".";
  std::filesystem::create_directories(directory, error);
  if (error)
    fail("create the directory", directory, error.value());
  path_ = directory / fmt::format("{}.{}.tmp", target.filename().string(), ::getpid());
}

temporary_file::~temporary_file() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove(path_, ignored);
}

void temporary_file::commit(const std::filesystem::path& target, unchanged when_unchanged) {
  if (is_special(target))
    return write_all(target, 0, read_file(path_));
  if (has_content(target, read_file(path_))) {
    if (when_unchanged == unchanged::touch)
      touch(target);
    return;
  }
  if (::rename(path_.c_str(), without_links(target).c_str()) != 0)
    fail("replace", target, errno);
  path_.clear();
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  SHA2_CTX context;
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256Init(&context);
  SHA256Update(&context, bytes.data(), bytes.size());
  SHA256Final(digest.data(), &context);
  std::string text;
  for (const auto byte : digest)
    text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace ebpfkit::host
