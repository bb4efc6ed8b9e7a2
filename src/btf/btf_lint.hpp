// Reports on BTF, even when it is damaged.
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
  warning,  // usable, but not ideal
  damage,   // not usable
};

struct lint_finding {
  severity level = severity::warning;
  std::string code;  // stable, for programs: "unknown_kind"
  std::string message;
};

struct btf_lint {
  btf_source source;  // with the architecture, when the types show it
  std::uint64_t size = 0;
  std::string sha256;
  std::optional<std::endian> byte_order;      // nothing when the header is damaged
  std::optional<std::uint32_t> pointer_size;  // nothing when the BTF is damaged or lacks its base
  std::uint64_t types_size = 0;               // bytes of the sections
  std::uint64_t text_size = 0;
  std::uint32_t type_count = 0;                // own types, up to the first whose end is unknown
  std::map<std::string, std::uint32_t> kinds;  // of these types, by name as in BTF_KIND_NAME
  std::map<std::uint32_t, std::uint32_t> unknown_kinds;  // by number
  bool is_split = false;
  std::vector<lint_finding> findings;

  bool has(severity level) const;
};

struct lint_options {
  const checked_btf* base = nullptr;  // the BTF that split BTF continues
  std::string architecture;           // expected one, by any of its names; empty: any
};

// Checks BTF and reports everything that it can find out. Findings (damage unless said otherwise):
//   damaged_header, truncated_type, damaged_types (a record that contradicts itself or others)
//   unknown_kind: a kind of type that is too new; the rest of the types cannot be read
//   missing_base (warning): split BTF, and no base is given
//   unneeded_base (warning): a base is given for BTF that is not split BTF
//   truncated_enum64 (warning): 64-bit constants that the encoder cut to 32 bits. Certain signs:
//     an enum of 8 bytes of the 32-bit kind, or BPF_F_CTXLEN_MASK with another value than
//     0xfffff00000000
//   names_not_of_c (warning): types that no C header can have, because they have or show names that
//     C does not allow
//   fixed_layout (warning): a BPF object with records whose layout comes from C headers, without
//     CO-RE (ebpf_generate_bindings(... HEADERS))
//   architecture_mismatch (warning): another architecture than `options.architecture`
// Throws `failure` only for an unknown `options.architecture`.
btf_lint lint_btf(raw_btf raw, const lint_options& options);

}  // namespace ebpfkit::host
