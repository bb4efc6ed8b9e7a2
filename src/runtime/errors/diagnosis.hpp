// Makes errors that say what to do.
#pragma once

#include <string>

#include "ebpfkit/error.hpp"

namespace ebpfkit::detail {

// What failed. operation_text() is the text in the error.
enum class operation : unsigned char {
  attach,
  count,
  drain,
  erase,
  find,
  find_xdp_mode,
  iterate,
  load,
  open,
  pin,
  read,
  read_timer,
  reuse,
  set_attach_target,
  start_timer,
  take,
  unpin,
  update,
  wait,
  write,
};

// A text such as "attach" or "look up in". It completes the sentence "cannot <text> <object>".
const char* operation_text(operation failed) noexcept;

// Whether the errno of a failed load tells that the process or the system lacks something: file
// descriptors, memory, or time without signals. The verifier rejects no program with these.
bool is_shortage(int code) noexcept;

// An error with the remedy that fits. `code` may be negative, as libbpf returns it. `log` is what
// libbpf printed during the operation; the error gets the log of the verifier from it if the
// verifier may have rejected the program. If `log` names the program or map that failed, that
// becomes the error's object.
ebpfkit::error diagnose(operation failed, std::string object, int code, std::string log = {});

// The same for an object such as "program 'x'". A `remedy` that is not empty replaces the one that
// fits.
ebpfkit::error diagnose_named(operation failed, const char* kind, const char* name, int code,
                              std::string log = {}, std::string remedy = {});

// A text such as "program 'x'", with the quotes.
std::string quoted(const char* kind, const char* name);

}  // namespace ebpfkit::detail
