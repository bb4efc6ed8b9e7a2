#include "relocation/relocation_kind.hpp"

#include <array>
#include <cstddef>

namespace ebpfkit::host {

std::string_view relocation_kind_name(relocation_kind kind) {
  static constexpr std::array<std::string_view, 13> names = {
      "field_byte_offset", "field_byte_size", "field_exists",   "field_signed", "field_lshift_u64",
      "field_rshift_u64",  "type_id_local",   "type_id_target", "type_exists",  "type_size",
      "enumval_exists",    "enumval_value",   "type_matches"};
  const auto index = static_cast<std::size_t>(kind);
  return index < names.size() ? names[index] : "unknown";
}

bool is_field_relocation(relocation_kind kind) {
  return kind <= relocation_kind::field_rshift_u64;
}

bool is_type_relocation(relocation_kind kind) {
  switch (kind) {
    case relocation_kind::type_id_local:
    case relocation_kind::type_id_target:
    case relocation_kind::type_exists:
    case relocation_kind::type_size:
    case relocation_kind::type_matches:
      return true;
    default:
      return false;
  }
}

bool is_enumerator_relocation(relocation_kind kind) {
  return kind == relocation_kind::enumval_exists || kind == relocation_kind::enumval_value;
}

bool is_existence_relocation(relocation_kind kind) {
  switch (kind) {
    case relocation_kind::field_exists:
    case relocation_kind::type_exists:
    case relocation_kind::type_matches:
    case relocation_kind::enumval_exists:
      return true;
    default:
      return false;
  }
}

}  // namespace ebpfkit::host
