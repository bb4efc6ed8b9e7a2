// What the consumers of ring buffers and perf buffers share.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "ebpfkit/result.hpp"

#if defined(__cpp_exceptions)
#include <cxxabi.h>

#include <exception>
#endif

namespace ebpfkit::detail {

// The way of a record from libbpf's callback to the application's function. libbpf is C: nothing
// may be thrown through it, so what goes wrong is kept until libbpf has returned.
class record_receiver {
 public:
  // `object` for errors, as in "ring buffer 'calls'". Records below `minimum_size` bytes are not
  // handed over.
  record_receiver(std::string object, std::size_t minimum_size)
      : object_(std::move(object)), minimum_size_(minimum_size) {}

  // Calls `function()` for a record of `size` bytes. False: libbpf shall stop behind this record.
  template <class F>
  bool hand_over(std::size_t size, F&& function) {
    if (size < minimum_size_) {
      short_record_ = size;
      has_short_record_ = true;
      return false;
    }
#if defined(__cpp_exceptions)
    try {
      function();
#if defined(__GLIBCXX__)
    } catch (abi::__forced_unwind&) {
      throw;  // pthread_exit() or pthread_cancel(): whoever stops it ends the process
#endif
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
#else
    function();
#endif
    return true;
  }

  // Whether something is kept for outcome().
  bool has_stopped() const;

  // Once libbpf has returned: throws what a function threw, or gives the error of a short record.
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

// The error of a record of `size` bytes that is read as a type of `minimum_size` bytes.
ebpfkit::error short_record(const std::string& object, std::size_t size, std::size_t minimum_size);

// Where records come from. Not std::function, which brings type information of its own.
struct record_source {
  int epoll_fd;
  result<int> (*consume)(void* context);  // the number of records that it handed over
  void* context;
};

// Calls `consume` until it gives a number above 0 or an error, and waits between the calls until
// `epoll_fd` is readable; `consume` has the last word when `timeout` is over (negative: never).
// Records that were submitted without a wake-up are found that way too: epoll hears nothing of
// them. Gives 0 also when a signal interrupted the wait.
result<int> poll_records(const record_source& source, std::chrono::milliseconds timeout,
                         const std::string& object);

}  // namespace ebpfkit::detail
