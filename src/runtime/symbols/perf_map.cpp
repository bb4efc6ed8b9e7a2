#include "perf_map.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "../system/text_file.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {
namespace {

// The processes of strangers write these files. A Java server of some size has some megabytes.
constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20;
constexpr std::size_t longest_line = 1 << 14;

// The number of the process in its own container: the last of the line NSpid in its status.
int number_inside(const std::string& directory, pid_t process) {
  const auto status = read_text_file((directory + "/status").c_str()).text;
  const std::string_view key = "\nNSpid:";
  const auto begin = status.find(key);
  if (begin == std::string::npos)
    return static_cast<int>(process);
  const auto line =
      status.substr(begin + key.size(), status.find('\n', begin + 1) - begin - key.size());
  const auto last = line.find_last_of(" \t");
  const int number = std::atoi(line.c_str() + (last == std::string::npos ? 0 : last));
  return number > 0 ? number : static_cast<int>(process);
}

}  // namespace

perf_map::perf_map(pid_t process)
    : directory_(formatted("/proc/%d", static_cast<int>(process))),
      path_(formatted("/tmp/perf-%d.map", number_inside(directory_, process))) {}

const compiled_function* perf_map::find(std::uint64_t address) {
  read_news();
  const auto behind = functions_.upper_bound(address);
  if (behind == functions_.begin())
    return nullptr;
  const auto& function = std::prev(behind)->second;
  return address - function.begin < function.size ? &function : nullptr;
}

void perf_map::read_news() {
  // Everybody may write to /tmp: a link, a pipe or the file of another user is not read.
  const auto path = directory_ + "/root" + path_;
  const unique_fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct statx status = {};
  struct statx process = {};
  if (!file || statx(file.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0 ||
      statx(AT_FDCWD, directory_.c_str(), 0, STATX_UID, &process) != 0 ||
      !S_ISREG(status.stx_mode) || (status.stx_uid != 0 && status.stx_uid != process.stx_uid))
    return;
  if (status.stx_ino != inode_ || status.stx_size < position_) {
    inode_ = status.stx_ino;
    position_ = 0;
    incomplete_line_.clear();
    functions_.clear();
  }
  const auto end = std::min<std::uint64_t>(status.stx_size, most_bytes);
  std::vector<char> part(position_ < end ? std::size_t{64} << 10 : 0);
  while (position_ < end) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), end - position_));
    const ssize_t got = pread(file.get(), part.data(), wanted, static_cast<off_t>(position_));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return;
    position_ += static_cast<std::uint64_t>(got);
    std::string_view rest(part.data(), static_cast<std::size_t>(got));
    for (auto size = rest.find('\n'); size != std::string_view::npos; size = rest.find('\n')) {
      incomplete_line_ += rest.substr(0, size);
      take_line(incomplete_line_);
      incomplete_line_.clear();
      rest.remove_prefix(size + 1);
    }
    // The beginning of a line tells where the function is; the end of a very long name is cut.
    if (incomplete_line_.size() < longest_line)
      incomplete_line_ += rest;
  }
}

void perf_map::take_line(std::string_view line) {
  // "3ef414c0 398 function", also with 0x before the numbers.
  const std::string text(first(line, longest_line));
  char* end = nullptr;
  compiled_function function;
  function.begin = std::strtoull(text.c_str(), &end, 16);
  if (end == text.c_str() || *end != ' ')
    return;
  const char* second = end;
  function.size = std::strtoull(second, &end, 16);
  if (end == second || *end != ' ' || function.size == 0)
    return;
  function.name = end + 1;
  functions_[function.begin] = std::move(function);
}

}  // namespace ebpfkit::detail
