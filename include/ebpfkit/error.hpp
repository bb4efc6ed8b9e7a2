// What went wrong, as a value and as an exception.
#pragma once

#include <string>
#include <utility>

#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

namespace ebpfkit {

// An operation that failed. All text is complete: nothing was printed anywhere else.
struct error {
  std::string operation;     // "load", "attach", "look up in", ...
  std::string object;        // what it was done to: "program 'count_packets'", "map 'counts'", ...
  int code = 0;              // errno, positive; from 4000 on libbpf's own numbers
  std::string remedy;        // what can be done about it; may be empty
  std::string verifier_log;  // the whole log of the kernel's verifier, when it rejected a program
  std::string libbpf_log;    // everything libbpf said during the operation

  // What the verifier did not accept: a line with its words and, where its log has them, one with
  // the line of source and one with the instruction. Empty when it rejected nothing.
  std::string verifier_cause;

  // One readable text: operation, object, errno's text, name and number, the verifier's cause and
  // the last lines of its log (or, without one, of libbpf's), and the remedy.
  std::string message() const;

  // Not inline: every function that can fail moves and destroys some.
  error();
  error(const error&);
  error(error&&) noexcept;
  error& operator=(const error&);
  error& operator=(error&&) noexcept;
  ~error();
};

namespace detail {

// Writes the error's message to stderr and aborts.
[[noreturn]] void abort_with_message(const ebpfkit::error& failure);

// An error that its copies share. Not std::shared_ptr, with which a loader gets 2 kB of type
// information and of the search through it.
class shared_error {
 public:
  explicit shared_error(ebpfkit::error&& shared);
  shared_error(const shared_error& other) noexcept;
  shared_error& operator=(const shared_error& other) noexcept;
  ~shared_error();

  const ebpfkit::error& operator*() const noexcept;

 private:
  struct counted;
  counted* shared_;
};

}  // namespace detail

#if defined(__cpp_exceptions)
// Thrown by result::value(). `what()` is `details().message()`.
class exception : public std::runtime_error {
 public:
  explicit exception(ebpfkit::error details)
      : std::runtime_error(details.message()), details_(std::move(details)) {}

  const ebpfkit::error& details() const noexcept { return *details_; }

 private:
  detail::shared_error details_;  // copying an exception must not throw
};
#endif

}  // namespace ebpfkit
