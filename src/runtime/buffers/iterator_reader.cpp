#include "ebpfkit/iterator_reader.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"

namespace ebpfkit {
namespace {

ebpfkit::error read_error(int code) {
  auto failure = detail::diagnose(detail::operation::read, "BPF iterator", code);
  if (failure.code == E2BIG)
    failure.remedy = "One run of the program writes more than the kernel's buffer holds.";
  return failure;
}

}  // namespace

result<iterator_reader> iterator_reader::open(const link& attached) {
  const int fd = bpf_iter_create(attached.fd());
  if (fd >= 0)
    return iterator_reader(fd);
  auto failure = detail::diagnose(detail::operation::open, "BPF iterator", fd);
  if (failure.code == EINVAL || failure.code == EBADF)
    failure.remedy = "The link is not that of an iterator: attach a SEC(\"iter/...\") program.";
  return failure;
}

iterator_reader::~iterator_reader() {
  if (fd_ >= 0)
    close(fd_);
}

iterator_reader::iterator_reader(iterator_reader&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      unread_(std::exchange(other.unread_, {})),
      given_(std::exchange(other.given_, 0)) {}

iterator_reader& iterator_reader::operator=(iterator_reader&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(unread_, other.unread_);
  std::swap(given_, other.given_);
  return *this;
}

result<std::size_t> iterator_reader::read(void* bytes, std::size_t size) {
  // EAGAIN: bpf_seq_read passed a million objects without output. The next read continues there.
  for (;;) {
    const auto count = ::read(fd_, bytes, size);
    if (count >= 0)
      return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN)
      return read_error(errno);
  }
}

result<std::string> iterator_reader::read_all() {
  auto text = unread_.substr(given_);
  unread_.clear();
  given_ = 0;
  char part[8192];
  for (;;) {
    const auto count = read(part, sizeof(part));
    if (!count)
      return count.error();
    if (*count == 0)
      return text;
    text.append(part, *count);
  }
}

result<std::optional<std::string>> iterator_reader::next_line() {
  for (auto searched = given_;;) {
    const auto end = unread_.find('\n', searched);
    if (end != std::string::npos) {
      auto line = unread_.substr(given_, end - given_);
      given_ = end + 1;
      return std::optional<std::string>(std::move(line));
    }
    unread_.erase(0, std::exchange(given_, 0));
    searched = unread_.size();
    char part[8192];
    const auto count = read(part, sizeof(part));
    if (!count)
      return count.error();
    if (*count == 0)
      break;
    unread_.append(part, *count);
  }
  if (unread_.empty())
    return std::optional<std::string>();
  return std::optional<std::string>(std::exchange(unread_, {}));
}

result<bool> iterator_reader::next_bytes(void* record, std::size_t size) {
  auto* bytes = static_cast<char*>(record);
  for (std::size_t done = 0; done < size;) {
    const auto count = read(bytes + done, size - done);
    if (!count)
      return count.error();
    done += *count;
    if (*count != 0)
      continue;
    if (done == 0)
      return false;
    auto failure = detail::diagnose(detail::operation::read, "BPF iterator", EBADMSG);
    failure.remedy = detail::formatted(
        "It ended after %zu bytes of a record of %zu: the program does not write whole records.",
        done, size);
    return failure;
  }
  return true;
}

}  // namespace ebpfkit
