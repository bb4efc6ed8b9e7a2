// Checks the attributes that BPF sources give to their maps.
#pragma once

#include <string>
#include <vector>

#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

// Returns a warning for each attribute of a map in SEC(".maps") that no libbpf up to 1.7 knows,
// with the nearest that it knows. libbpf does not open such an object (parse_btf_map_def() in
// libbpf.c). A newer libbpf may know more.
std::vector<std::string> map_attribute_warnings(const bpf_object_file& object);

}  // namespace ebpfkit::host
