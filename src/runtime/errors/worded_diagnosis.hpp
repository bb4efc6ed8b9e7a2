// Errors of operations that few applications use. Their texts are not in the table of
// diagnosis.cpp, which every application carries.
#pragma once

#include <string>

#include "ebpfkit/error.hpp"

namespace ebpfkit::detail {

// The error "cannot <operation> <object>". `code` may be negative. A `remedy` that is not empty
// replaces the one that fits the code. `log`: see diagnose().
ebpfkit::error diagnose_worded(const char* operation, std::string object, int code,
                               std::string remedy = {}, std::string log = {});

// The same for an object such as "program 'x'".
ebpfkit::error failed_to(const char* operation, const char* kind, const char* name, int code,
                         std::string remedy = {}, std::string log = {});

}  // namespace ebpfkit::detail
