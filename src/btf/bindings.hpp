// The whole way from a file with BTF to a header's text.
#pragma once

#include <filesystem>
#include <string>

#include "btf/c_header.hpp"
#include "btf/selection.hpp"

namespace ebpfkit {

struct bindings_request {
  std::filesystem::path btf;
  std::filesystem::path base_btf;  // what split BTF continues; empty: none
  type_request types;
  header_origin origin;  // asked_for is filled in, and btf_sha256 where the caller does not know it
};

// The text of the header. Throws `failure`.
std::string make_bindings(bindings_request request);

}  // namespace ebpfkit
