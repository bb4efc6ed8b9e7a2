// What a CO-RE relocation asks about the target kernel.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebpfkit::host {

// enum bpf_core_relo_kind of <linux/bpf.h>, with the same numbers. A value from a file may be none
// of these.
enum class relocation_kind : std::uint32_t {
  field_byte_offset = 0,
  field_byte_size = 1,
  field_exists = 2,
  field_signed = 3,
  field_lshift_u64 = 4,
  field_rshift_u64 = 5,
  type_id_local = 6,
  type_id_target = 7,
  type_exists = 8,
  type_size = 9,
  enumval_exists = 10,
  enumval_value = 11,
  type_matches = 12,
};

// Returns "field_byte_offset" and so on; "unknown" for other numbers.
std::string_view relocation_kind_name(relocation_kind kind);

bool is_field_relocation(relocation_kind kind);
bool is_type_relocation(relocation_kind kind);
bool is_enumerator_relocation(relocation_kind kind);

// True for kinds whose value answers "is it there?". For these, a missing target is no failure.
bool is_existence_relocation(relocation_kind kind);

}  // namespace ebpfkit::host
