// Making errors that say what to do.
#pragma once

#include <string>

#include "ebpfkit/error.hpp"

namespace ebpfkit::detail {

// An error with the remedy that fits. `code` may be negative, as libbpf returns it. `log` is what
// libbpf said meanwhile: the verifier's log is taken out of it, and, where it names the program or
// map that failed, that one becomes the error's object.
ebpfkit::error diagnose(const char* operation, std::string object, int code, std::string log = {});

// The same for the object "program 'x'". A `remedy` that is not empty takes the place of the one
// that fits.
ebpfkit::error diagnose_named(const char* operation, const char* kind, const char* name, int code,
                              std::string log = {}, std::string remedy = {});

// "program 'x'", with the quotes.
std::string quoted(const char* kind, const char* name);

}  // namespace ebpfkit::detail
