// Errors of operations that few applications use.
#pragma once

#include <string>
#include <utility>

#include "diagnosis.hpp"

namespace ebpfkit::detail {

// Like diagnose_named(), for an operation that is not in the table of operation_text(): every
// loader has that table. `text` completes the sentence "cannot <text> <object>".
inline ebpfkit::error failed_to(const char* text, const char* kind, const char* name, int code,
                                std::string remedy = {}, std::string log = {}) {
  auto failure =
      diagnose_named(operation::read, kind, name, code, std::move(log), std::move(remedy));
  failure.operation = text;
  return failure;
}

}  // namespace ebpfkit::detail
