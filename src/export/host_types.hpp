// Types of BTF for programs of the host: a kernel's, or those that a BPF object shares with its
// application.
#pragma once

#include <string>
#include <vector>

#include "bindings/c_header.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

struct host_types_request {
  // Names of structs, unions, enums and typedefs: "event", "struct event".
  std::vector<std::string> types;
  header_origin origin;  // asked_for is filled in
  std::string source;    // names the BTF in messages
  // What to do about a type that the BTF has not; empty: a hint about spelling.
  std::string missing_type_remedy;
};

// A header for C++17: the types in `cxx_namespace` ("kernel" or "a::b"), with the layout that they
// have in the BTF on every host: integers of fixed width, explicit padding, pointers as integers,
// enums with their underlying type, and a static_assert for each size and offset. It can be
// included before or after any system header: macros of the names that it uses are out of force in
// it. Throws one `failure` for all types that are not there; for a namespace that is none; for a
// record of which the BTF has only some members.
std::string make_cxx_types(const type_graph& types, const host_types_request& request,
                           const std::string& cxx_namespace);

// The same for C11, without a namespace; what bindgen makes Rust types of.
std::string make_c_types(const type_graph& types, const host_types_request& request);

}  // namespace ebpfkit::host
