// What can be said about BTF, also when it is damaged.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/checked_btf.hpp"

namespace ebpfkit::host {

enum class severity {
  warning,  // usable, but not what one would want
  damage,   // not usable
};

struct lint_finding {
  severity level = severity::warning;
  std::string code;  // stable, for programs: "unknown_kind"
  std::string message;
};

struct btf_lint {
  btf_source source;  // with the architecture, when the types tell it
  std::uint64_t size = 0;
  std::string sha256;
  std::optional<std::endian> byte_order;  // this and the next: nothing when the header is damaged
  std::optional<std::uint32_t> pointer_size;  // nothing when the BTF is damaged or lacks its base
  std::uint64_t types_size = 0;               // bytes of the sections
  std::uint64_t text_size = 0;
  std::uint32_t type_count = 0;                          // own ones that could be told apart
  std::map<std::string, std::uint32_t> kinds;            // of them, by name as in BTF_KIND_NAME
  std::map<std::uint32_t, std::uint32_t> unknown_kinds;  // by number
  bool is_split = false;
  std::vector<lint_finding> findings;

  bool has(severity level) const;
};

struct lint_options {
  const checked_btf* base = nullptr;  // what split BTF continues
  std::string architecture;           // that the BTF should be of, any alias; empty: do not care
};

// Checks BTF and tells all that could be found out. Findings (damage unless said otherwise):
//   damaged_header, truncated_type, damaged_types (a record that contradicts itself or others)
//   unknown_kind: a kind of type that is too new; what follows it cannot be read
//   missing_base (warning): split BTF, and no base is given
//   unneeded_base (warning): a base is given for BTF that continues no other
//   truncated_enum64 (warning): 64-bit constants that the encoder cut to 32 bits. Two signs, both
//     certain: an enum of 8 bytes of the 32-bit kind, and BPF_F_CTXLEN_MASK with another value than
//     0xfffff00000000
//   fixed_layout (warning): a BPF object with records whose layout comes from C headers, without
//     CO-RE (ebpf_generate_bindings(... HEADERS))
//   architecture_mismatch (warning): another architecture than `options.architecture`
// Throws `failure` only for an unknown `options.architecture`.
btf_lint lint_btf(const raw_btf& raw, const lint_options& options);

}  // namespace ebpfkit::host
