// Makes one BTF out of the types of several.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bindings/bindings_agreement.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Makes BTF with the requested types (written as in type_request::types) and everything that they
// need. Takes each type from the first input that has it. The inputs must agree
// (check_agreement()). Their pointers must have 8 bytes: btf_writer respells the integers of other
// kernels, so the result would not tell the pointer size. Throws `failure` for a type that no input
// has.
std::shared_ptr<const type_graph> unite_types(std::span<const named_types> inputs,
                                              const std::vector<std::string>& requests);

}  // namespace ebpfkit::host
