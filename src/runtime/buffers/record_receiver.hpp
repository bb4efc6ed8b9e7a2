// What the consumers of ring buffers and perf buffers share.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "ebpfkit/result.hpp"

#if defined(__cpp_exceptions)
#include <exception>
#endif

namespace ebpfkit::detail {

// Passes records from libbpf's callback to the application's function. libbpf is C, so no exception
// may pass through it: this class keeps a failure until libbpf has returned.
class record_receiver {
 public:
  // `object` is the object of errors, such as "ring buffer 'calls'". hand_over() refuses records
  // with less than `minimum_size` bytes.
  record_receiver(std::string object, std::size_t minimum_size)
      : object_(std::move(object)), minimum_size_(minimum_size) {}

  // Calls `function()` for a record of `size` bytes. False: libbpf must stop after this record.
  template <class F>
  bool hand_over(std::size_t size, F&& function) {
    if (size < minimum_size_) {
      keep_short_record(size);
      return false;
    }
#if defined(__cpp_exceptions)
    try {
      function();
    } catch (...) {
      keep_exception();
      return false;
    }
#else
    function();
#endif
    return true;
  }

  void keep_short_record(std::size_t size) noexcept {
    short_record_ = size;
    has_short_record_ = true;
  }

  // For a catch block.
  void keep_exception();

  // Whether a failure is kept for outcome().
  bool has_stopped() const;

  // Call it after libbpf has returned. Throws the exception that a function threw, or returns the
  // error of a record that was too short.
  result<void> outcome();

  const std::string& object() const {
    return object_;
  }

 private:
  std::string object_;
  std::size_t minimum_size_;
  std::size_t short_record_ = 0;
  bool has_short_record_ = false;
#if defined(__cpp_exceptions)
  std::exception_ptr thrown_;
#endif
};

// The error for a record of `size` bytes that the caller reads as a type of `minimum_size` bytes.
ebpfkit::error short_record(const std::string& object, std::size_t size, std::size_t minimum_size);

// Where records come from. Not a std::function, because it adds type information to the loader.
struct record_source {
  int epoll_fd;
  result<int> (*consume)(void* context);  // returns the number of records that it handled
  void* context;
};

// Calls `consume` until it returns a number above 0 or an error. Between two calls, waits until
// `epoll_fd` is readable. When `timeout` is over (negative: never), calls `consume` a last time;
// that call finds records that were submitted without a wake-up, for which epoll reports nothing.
// Returns 0 when there is no record, or when a signal interrupted the wait.
result<int> poll_records(const record_source& source, std::chrono::milliseconds timeout,
                         const std::string& object);

}  // namespace ebpfkit::detail
