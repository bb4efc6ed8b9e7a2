// Macros of the header <ebpfkit/bpf_compat.h> that programs call like functions.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// Whether the header has the macro. A compiler takes its name for a function where no header
// defines it.
inline bool is_compat_macro(std::string_view name) {
  constexpr std::array<std::string_view, 5> macros = {"bpf_ksym_exists", "bpf_core_cast", "bpf_for",
                                                      "bpf_for_each", "bpf_repeat"};
  return std::ranges::find(macros, name) != macros.end();
}

// What to do about a program that calls such a name.
inline std::string compat_macro_remedy(std::string_view name) {
  return fmt::format(
      "'{}' is a macro of newer libbpf headers. EbpfKit has it, too: #include "
      "<ebpfkit/bpf_compat.h> behind libbpf's headers.",
      name);
}

}  // namespace ebpfkit::host
