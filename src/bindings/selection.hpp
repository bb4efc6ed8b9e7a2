// Selects the types of a C header, and which of them are complete.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// The requested types: the sum of all parts.
struct type_request {
  // Request everything that the BTF has.
  bool whole = false;

  // Each is one of
  //  - the name of a struct, union, enum, typedef or enumerator, such as `task_struct` or
  //    `struct task_struct`: requests the complete type and everything that it needs by value;
  //  - a path of members, such as `task_struct.real_parent.tgid`: requests records with only these
  //    members, for programs whose accesses are CO-RE relocations;
  //  - the name of a kernel function (kfunc) that BPF programs may call: requests its prototype.
  std::vector<std::string> types;

  // The words of a program. They request
  //  - every struct, union, enum and typedef with such a name;
  //  - every enum that has an enumerator with such a name;
  //  - where a kept record has a member with such a name, the record that the member leads to;
  //  - every kernel function (kfunc) with such a name.
  // Words that name nothing are ignored. `struct name`, `union name` or `enum name` is a tag that
  // the program defines itself: the words request no struct, union or enum of that name, and
  // `typedef name` no typedef. `declared name` is a name that the program may declare itself: the
  // words request no kernel function of that name. `own NAME` is no enumerator of the kernel.
  std::vector<std::string> identifiers;
};

// How much of a record a header shows.
enum class record_extent : std::uint8_t {
  declared,  // `struct x;`, when a type points to it
  members,   // only the members in `type_selection::members`, at new offsets
  complete,
};

struct type_selection {
  std::vector<record_extent> extents;                     // by type id; meaningful for records only
  std::map<type_id, std::vector<std::uint32_t>> members;  // ascending indices, by record
  // The types to write, ascending. The types that they refer to are written too. The prototypes of
  // kernel_functions are among them.
  std::vector<type_id> roots;
  // The kernel functions to declare, ascending. No two have the same name.
  std::vector<type_id> kernel_functions;
  // The structs and unions that the program defines itself, as `struct name`.
  std::vector<std::string> program_records;
  // What type_request::whole did not select, because C text of it would show a name that C does not
  // allow (see type_graph), ascending.
  std::vector<type_id> left_out;
};

// Selects the requested types and the types that every BPF program needs: the integer typedefs of
// bpf_helper_defs.h, and the enums of map types and flags. `source` names the BTF in messages.
// Throws a `failure` that lists all unknown names, each with the nearest names that exist.
type_selection select_types(const type_graph& graph, const type_request& request,
                            std::string_view source);

}  // namespace ebpfkit::host
