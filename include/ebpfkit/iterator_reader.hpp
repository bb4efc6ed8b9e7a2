// Reading what a BPF iterator writes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>

#include "ebpfkit/link.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// One pass of an attached iterator. The kernel runs the program while this object reads. Move-only;
// may outlive the link. Read bytes, lines or records, but do not mix them in one pass.
class [[nodiscard]] iterator_reader {
 public:
  // Starts a pass. `attached` is a link of program::attach_iter() or of attach().
  static result<iterator_reader> open(const link& attached);

  ~iterator_reader();
  iterator_reader(iterator_reader&& other) noexcept;
  iterator_reader& operator=(iterator_reader&& other) noexcept;
  iterator_reader(const iterator_reader&) = delete;
  iterator_reader& operator=(const iterator_reader&) = delete;

  // Reads up to `size` bytes, as they come. Returns 0 when the pass is over. When the program fails
  // (it returns a positive value while it overflows the kernel's buffer), the error has the
  // kernel's errno.
  result<std::size_t> read(void* bytes, std::size_t size);

  // Reads the rest of the pass.
  result<std::string> read_all();

  // The next line, without its newline. Empty when the pass is over. The last line needs no
  // newline.
  result<std::optional<std::string>> next_line();

  // The next record of a program that writes whole `T`s with bpf_seq_write(). Empty when the pass
  // is over. The error is EBADMSG when the pass ends within a record.
  template <class T>
  result<std::optional<T>> next() {
    static_assert(std::is_trivially_copyable_v<T>, "records are bytes that the kernel copied");
    T record;
    const auto complete = next_bytes(&record, sizeof(T));
    if (!complete)
      return complete.error();
    return *complete ? std::optional<T>(record) : std::nullopt;
  }

  // For poll loops of your own. The descriptor belongs to the reader.
  int fd() const noexcept { return fd_; }

 private:
  explicit iterator_reader(int owned) noexcept : fd_(owned) {}

  // False: the pass was over before the first byte.
  result<bool> next_bytes(void* record, std::size_t size);

  int fd_ = -1;
  std::string unread_{};  // read from the kernel, not yet returned by next_line()
  std::size_t given_ = 0;
};

}  // namespace ebpfkit
