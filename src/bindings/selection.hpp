// Which types a C header gets, and which of them completely.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// What is asked for; the parts add up.
struct type_request {
  // Everything that the BTF has.
  bool whole = false;

  // Each is one of
  //  - the name of a struct, union, enum, typedef or enumerator, such as `task_struct` or
  //    `struct task_struct`: complete, with all that it needs by value;
  //  - a path of members, such as `task_struct.real_parent.tgid`: records with only these members,
  //    for programs whose accesses are CO-RE relocations.
  std::vector<std::string> types;

  // Words of a program: every struct, union, enum and typedef among them, every enum with an
  // enumerator among them, and the records that members of kept records lead to when the member's
  // name is among them. Words that name no type are nothing wrong.
  std::vector<std::string> identifiers;
};

// What a header shows of a record.
enum class record_extent : std::uint8_t {
  declared,  // `struct x;` where something points to it
  members,   // only the members in `type_selection::members`, at offsets of their own
  complete,
};

struct type_selection {
  std::vector<record_extent> extents;  // by type id; for anything but records without meaning
  std::map<type_id, std::vector<std::uint32_t>> members;  // ascending indices, by record
  // Types to write, ascending; what these refer to is written too.
  std::vector<type_id> roots;
};

// Selects the requested types and those that BPF programs need in any case (the integer typedefs of
// bpf_helper_defs.h, enums of map types and flags). `source` names the BTF in messages. Throws
// `failure` that lists all unknown names with the nearest that exist.
type_selection select_types(const type_graph& graph, const type_request& request,
                            std::string_view source);

}  // namespace ebpfkit::host
