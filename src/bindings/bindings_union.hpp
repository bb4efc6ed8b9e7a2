// One BTF out of the types of several.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bindings/bindings_agreement.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// BTF with the types asked for (as in type_request::types), each from the first input that has it,
// and with all that they need. The inputs must agree (`check_agreement`) and have pointers of 8
// bytes: the integers of others are respelled, and the result would not tell their size. Throws
// `failure` for a type that none has.
std::shared_ptr<const type_graph> unite_types(std::span<const named_types> inputs,
                                              const std::vector<std::string>& requests);

}  // namespace ebpfkit::host
