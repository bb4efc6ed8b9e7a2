// Writes selected types as BTF of their own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// An array of characters.
constexpr std::string_view guard_name = "ebpfkit_only_some_members";

// Makes raw BTF, in the host's byte order, with the selected types and the types that they refer
// to, in their original order. The BTF is for printing as C for a BPF program, not for loading:
//  - records that are only declared become forward declarations;
//  - records with only some members get a layout of their own, without gaps, and a last member
//    `guard_name` where record_layout.hpp wants a guard;
//  - an integer gets the name that C for BPF has for its size (`long` of a 32-bit kernel is `int`);
//  - type tags, variables, sections and all functions but the selected ones are left out.
std::vector<std::uint8_t> write_selected_btf(const type_graph& graph,
                                             const type_selection& selection);

}  // namespace ebpfkit::host
