#include "support/temporary_entry.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_begin = ".ebpfkit-";
constexpr std::string_view name_end = ".tmp";
constexpr std::size_t random_bytes = 16;
constexpr std::int64_t abandoned_after = 24 * 60 * 60;  // seconds

std::string random_name() {
  std::array<std::uint8_t, random_bytes> bytes{};
  // A request of up to 256 bytes is never cut short.
  while (::getrandom(bytes.data(), bytes.size(), 0) < 0) {
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category());
  }
  std::string name(name_begin);
  for (const auto byte : bytes)
    name += fmt::format("{:02x}", byte);
  return name.append(name_end);
}

// Returns a descriptor of the new entry, or a negative number. Then errno is set.
int create(const fs::path& path, temporary_entry::type made) {
  if (made == temporary_entry::type::file)
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (::mkdir(path.c_str(), S_IRWXU) != 0)
    return -1;
  const int opened = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) {
    const int error = errno;
    ::rmdir(path.c_str());
    errno = error;
  }
  return opened;
}

bool is_first_use(const fs::path& directory) {
  static std::mutex mutex;
  static std::set<fs::path> used;
  const std::scoped_lock lock(mutex);
  return used.insert(directory).second;
}

bool is_abandoned(const struct stat& status) {
  const auto age = ::time(nullptr) - status.st_mtim.tv_sec;
  return status.st_uid == ::geteuid() && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) &&
         (age > abandoned_after || age < -abandoned_after);
}

void remove_if_abandoned(const fs::path& path) {
  const file_descriptor entry(
      ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC));
  struct stat opened {};
  if (entry.get() < 0 || ::fstat(entry.get(), &opened) != 0 || !is_abandoned(opened) ||
      ::flock(entry.get(), LOCK_EX | LOCK_NB) != 0)
    return;
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

bool is_temporary_name(std::string_view name) {
  if (!name.starts_with(name_begin) || !name.ends_with(name_end) ||
      name.size() != name_begin.size() + 2 * random_bytes + name_end.size())
    return false;
  return std::ranges::all_of(name.substr(name_begin.size(), 2 * random_bytes), [](char c) {
    return std::string_view("0123456789abcdef").find(c) != std::string_view::npos;
  });
}

temporary_entry::temporary_entry(const fs::path& directory, type made) {
  if (is_first_use(directory))
    remove_abandoned_entries(directory);
  constexpr int most_tries = 100;
  for (int tries = 0; descriptor_.get() < 0; ++tries) {
    path_ = directory / random_name();
    descriptor_ = file_descriptor(create(path_, made));
    if (descriptor_.get() < 0 && (errno != EEXIST || tries == most_tries))
      throw std::system_error(errno, std::generic_category());
  }
  // Where locks do not work, the entry's age protects it. The entry is new, so nobody else tries to
  // lock it.
  static_cast<void>(::flock(descriptor_.get(), LOCK_SH | LOCK_NB));
}

temporary_entry::~temporary_entry() {
  std::error_code ignored;
  if (!path_.empty())
    fs::remove_all(path_, ignored);
}

void remove_abandoned_entries(const fs::path& directory) {
  // Collect the names first: removing files while reading the directory may skip others.
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_temporary_name(entry->path().filename().native()))
      found.push_back(entry->path());
  }
  for (const auto& path : found)
    remove_if_abandoned(path);
}

}  // namespace ebpfkit::host
