// The whole way from files with BTF to a header's text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// What types are taken from.
struct bindings_source {
  std::filesystem::path btf;
  std::filesystem::path base_btf;  // what split BTF continues; empty: none
  // More files, which `btf` must agree with in all types that are asked for.
  std::vector<std::filesystem::path> more_btf;
  // That the BTF should be of, any alias; empty: do not care.
  std::string architecture;
};

struct bindings_request : bindings_source {
  type_request types;
  header_origin origin;  // asked_for is filled in, and btf_sha256 where the caller does not know it
};

struct bindings_input {
  std::filesystem::path path;
  std::shared_ptr<const type_graph> graph;
};

// Reads the one of the source's files that has the types (`names` as in type_request::types): the
// first that has them all, or the union of what they have. Files may be whatever btf_input.hpp
// reads; raw BTF is the fast way. Adds warnings about the BTF, such as one of another architecture,
// to `warnings`. Throws `failure`: for a file without sound BTF; for types that differ between the
// files, each with what differs; for types that no file has.
// With `type_checks::on_use` the graph may be one that has yet to be checked (see type_graph).
bindings_input read_bindings_source(const bindings_source& source,
                                    const std::vector<std::string>& names,
                                    std::vector<std::string>& warnings,
                                    type_checks when = type_checks::at_once);

// The text of the header. Throws `failure`: as above, for unknown types, and for only some members
// of a record whose layout matters (layout_matters.hpp) or is fixed.
std::string make_bindings(bindings_request request, std::vector<std::string>& warnings);

// The same for callers that have no use for the warnings.
std::string make_bindings(bindings_request request);

}  // namespace ebpfkit::host
