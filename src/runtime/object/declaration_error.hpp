// Errors of changes that act in load().
#pragma once

#include <errno.h>

#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"

namespace ebpfkit::detail {

// `operation`: "set the flags of". libbpf gives EBUSY after load().
inline ebpfkit::error not_declared(const char* operation, const char* kind, const char* name,
                                   int code, std::string remedy = {}, std::string log = {}) {
  if (code == EBUSY || code == -EBUSY)
    remedy = formatted(
        "The %s is in the kernel already, or its object is loaded: call this before "
        "load().",
        kind);
  return failed_to(operation, kind, name, code, std::move(remedy), std::move(log));
}

}  // namespace ebpfkit::detail
