// Makes the text of a C header from files with BTF.
#pragma once

#include <bit>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Where the types come from.
struct bindings_source {
  std::filesystem::path btf;
  std::filesystem::path base_btf;  // the base of split BTF; empty: none
  // More files. They must agree with `btf` in all requested types.
  std::vector<std::filesystem::path> more_btf;
  // The expected architecture of the BTF, by any alias; empty: any.
  std::string architecture;
  // The expected byte order of the BTF; empty: any.
  std::optional<std::endian> byte_order;
};

struct bindings_request : bindings_source {
  type_request types;
  // Refuse records of a BTF that is of another architecture or byte order than expected, instead of
  // warning.
  bool refuse_other_architecture = false;
  // make_bindings() fills in asked_for. It also fills in btf_sha256 when that is empty or more_btf
  // is not.
  header_origin origin;
};

struct bindings_input {
  std::filesystem::path path;
  std::shared_ptr<const type_graph> graph;
};

// Reads the source's files and returns the first that has all types in `names` (written as in
// type_request::types). If no file has them all, returns the union of what the files have. Reads
// every format that btf_input.hpp knows; raw BTF is the fastest. Adds warnings about the BTF to
// `warnings`, for example when it is of another architecture. Throws `failure`: for a file without
// sound BTF; for types that differ between the files, with the differences; for types that no file
// has. With `type_checks::on_use` the graph may still be unchecked (see type_graph).
bindings_input read_bindings_source(const bindings_source& source,
                                    const std::vector<std::string>& names,
                                    std::vector<std::string>& warnings,
                                    type_checks when = type_checks::at_once);

// The text of the header. Throws `failure` as above, for unknown types, for records of another
// architecture where that is refused, and when the header would have only some members of a record
// whose layout matters (layout_matters.hpp) or is fixed.
std::string make_bindings(bindings_request request, std::vector<std::string>& warnings);

// The same, without the warnings.
std::string make_bindings(bindings_request request);

}  // namespace ebpfkit::host
