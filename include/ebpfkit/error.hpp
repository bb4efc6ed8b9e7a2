// What went wrong, as a value and as an exception.
#pragma once

#include <string>
#include <utility>

#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

namespace ebpfkit {

// An operation that failed. It holds all text about the failure; nothing is printed elsewhere.
struct error {
  std::string operation;  // "load", "attach", "look up in", ...
  std::string object;     // its object: "program 'count_packets'", "map 'counts'", ...
  int code = 0;           // a positive errno; numbers from 4000 on are libbpf's own
  // What the user can do about it. When the kernel refused the object's BTF, it also says so and
  // why: libbpf goes on without BTF, and what fails is a program or map that needs BTF. May be
  // empty.
  std::string remedy;

  // What the kernel's verifier said about the program that failed, as a whole. Empty when the
  // kernel refused the program before it called the verifier. Also empty when the program is not to
  // blame: the process lacked file descriptors or memory, or signals interrupted the verifier.
  std::string verifier_log;
  std::string libbpf_log;  // everything that libbpf printed during the operation

  // Why the verifier rejected the program: a line with the verifier's words. If the log has them,
  // a line with the source code and a line with the instruction follow. Empty when the verifier
  // rejected nothing.
  std::string verifier_cause;

  // One readable text: the operation, the object, errno's text, name and number, the verifier's
  // cause, the last lines of its log (or of libbpf's output if there is none), and the remedy.
  // Control characters, which names and logs may have, are replaced by `?`; the members above have
  // them.
  std::string message() const;

  // A longer text about a program that does not load, for those who mend it: the cause and its kind
  // (a word that stays the same between versions, such as "possibly_null"), the line of the source,
  // the instruction, where the values came from that the verifier complains about, what such an
  // error usually means, and how it is usually mended. What Linux 7.3 explains itself is there,
  // too. Useful for errors of load(). Where the running kernel lacks the function, tracepoint, LSM
  // hook or iterator that a program names, it tells the nearest that the kernel has, for errors of
  // load() and of attaching. Its code and texts (about 30 kB) are only in applications that call
  // it. Control characters are replaced by `?`.
  std::string explain() const;

  // Not inline, because every function that can fail moves and destroys errors: inline code would
  // stand in all of them.
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

// An error that its copies share. std::shared_ptr would add 2 kB to a loader: type information, and
// the code that searches it.
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
