// How often the verifier came to each instruction, from its log of level 1 or 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "picture/flow_graph.hpp"
#include "picture/program_code.hpp"

namespace ebpfkit::host {

// Counts lines such as "12: (bf) r6 = r1": the number of the instruction in the whole program, and
// how often it is there.
std::map<std::uint32_t, std::uint64_t> count_visits(std::string_view log);

// Where each function begins in the program that libbpf loads for `entry`, an index in `functions`.
// libbpf puts the functions that it calls behind it, each before those that it calls itself
// (bpf_object__reloc_code()). Functions that it does not call are missing.
std::map<std::size_t, std::uint32_t> function_places(const std::vector<code_function>& functions,
                                                     std::size_t entry);

// Writes the visits into the blocks of a function that begins at the instruction `place`.
void set_visits(const code_function& function, flow_graph& graph,
                const std::map<std::uint32_t, std::uint64_t>& visits, std::uint32_t place);

}  // namespace ebpfkit::host
