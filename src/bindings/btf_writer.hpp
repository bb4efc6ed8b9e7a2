// Writing selected types as BTF of their own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// An array of characters.
constexpr std::string_view guard_name = "ebpfkit_only_some_members";

// Raw BTF, in the host's byte order, with the selected types and what they refer to. The order of
// types is kept. It is BTF to print as C for a BPF program, not to load:
//  - records that are only declared become forward declarations;
//  - records of some members get a layout of their own, without gaps, and a member `guard_name`
//    behind the others where record_layout.hpp wants a guard;
//  - an integer is named as C for BPF names one of its size (`long` of a 32-bit kernel is `int`);
//  - type tags, functions, variables and sections are left out.
std::vector<std::uint8_t> write_selected_btf(const type_graph& graph,
                                             const type_selection& selection);

}  // namespace ebpfkit::host
