// What differs between the types of two BTFs.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

enum class btf_change {
  type_added,
  type_removed,
  size_changed,
  definition_changed,  // of a typedef, integer, float, function or variable
  member_added,
  member_removed,
  member_moved,  // another offset, or another place or width of a bitfield
  member_retyped,
  enumerator_added,
  enumerator_removed,
  enumerator_changed,
};

// "member_moved"...: stable, for programs.
std::string_view change_name(btf_change change);

struct btf_difference {
  btf_change change = btf_change::type_added;
  std::string type;    // "struct task_struct"; "enum" for the constants of anonymous enums
  std::string item;    // the member ("u.header.length") or enumerator; empty: the type itself
  std::string before;  // the type's text, the offset ("bit 64", "bits 8-11"), the size or the value
  std::string after;
  std::optional<type_id> before_type;  // in the first graph; constants of anonymous enums have none
  std::optional<type_id> after_type;   // in the second graph; the same
};

struct diff_options {
  // Names of types to compare, either alone ("task_struct") or with the kind ("struct task_struct",
  // "union", "enum", "typedef", "function", "variable"). Empty: all types.
  std::vector<std::string> names;
  // Compares functions and variables too when `names` is empty.
  bool with_functions = false;
};

// A kernel has some 40,000 named types. Files that differ in more than this are made to fill the
// memory.
inline constexpr std::size_t most_differences = 250'000;

// Compares types of the same name and kind, and of split BTF only its own types. Like CO-RE, treats
// members of anonymous structs and unions as members of the record around them, with their offsets
// in it. Treats enums of 32 and of 64 bits as one kind. Compares a member's type by name where it
// has one. Ignores type tags and declaration tags. When several types have one name, compares in
// order those that have no equal on the other side. Sorts the result by kind and name. Throws
// `failure` for a name that neither graph has, and for more than `most_differences`.
std::vector<btf_difference> compare_btf(const type_graph& before, const type_graph& after,
                                        const diff_options& options);

}  // namespace ebpfkit::host
