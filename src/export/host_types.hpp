// Writes types from BTF for programs of the host. The BTF is that of a kernel, or that of a BPF
// object which shares types with its application.
#pragma once

#include <string>
#include <vector>

#include "bindings/c_header.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

struct host_types_request {
  // Names of structs, unions, enums and typedefs: "event", "struct event".
  std::vector<std::string> types;
  header_origin origin;  // asked_for is not read: the header lists `types`
  std::string source;    // names the BTF in messages
  // What to do when the BTF does not have a type. Empty: a hint about spelling.
  std::string missing_type_remedy;
};

// Returns a C++17 header with the types in `cxx_namespace` ("kernel" or "a::b"). On every host the
// types have the layout that they have in the BTF. Therefore the header uses integers of fixed
// width, explicit padding, integers for pointers, and enums with their underlying type, and it has
// a static_assert for each size and offset. It can be included before or after any system header,
// because it disables macros that have the names that it uses. Throws `failure` when types are
// missing (one for all of them), when `cxx_namespace` is not a valid namespace, and when the BTF
// has only some members of a record.
std::string make_cxx_types(const type_graph& types, const host_types_request& request,
                           const std::string& cxx_namespace);

// Returns the same for C11, without a namespace. bindgen makes Rust types from it.
std::string make_c_types(const type_graph& types, const host_types_request& request);

}  // namespace ebpfkit::host
