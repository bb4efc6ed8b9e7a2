// Making errors that say what to do.
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
  set_autoload,
  start_timer,
  take,
  unpin,
  update,
  wait,
  write,
};

// "attach", "look up in", ...: completes the sentence "cannot <text> <object>".
const char* operation_text(operation failed) noexcept;

// An error with the remedy that fits. `code` may be negative, as libbpf returns it. `log` is what
// libbpf said meanwhile. The verifier's log is taken out of it. Where it names the program or map
// that failed, that one becomes the error's object.
ebpfkit::error diagnose(operation failed, std::string object, int code, std::string log = {});

// The same for the object "program 'x'". A `remedy` that is not empty takes the place of the one
// that fits.
ebpfkit::error diagnose_named(operation failed, const char* kind, const char* name, int code,
                              std::string log = {}, std::string remedy = {});

// "program 'x'", with the quotes.
std::string quoted(const char* kind, const char* name);

}  // namespace ebpfkit::detail
