// What differs between a map and the declaration that is to take it.
#pragma once

#include <linux/bpf.h>

#include <string>

struct bpf_map;

namespace ebpfkit::detail {

// A text such as "max_entries 10, the program's map has 20" about the first property that differs.
// Empty when none differs. `found` is a map in the kernel, `map` a declaration.
std::string map_difference(const bpf_map_info& found, const bpf_map* map);

}  // namespace ebpfkit::detail
