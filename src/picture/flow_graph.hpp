// The control flow of a function: blocks of instructions, and the ways between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "picture/program_code.hpp"

namespace ebpfkit::host {

enum class flow_kind {
  taken,         // a conditional jump whose condition holds
  not_taken,     // the next instruction, when it does not hold
  jump,          // goto
  fall_through,  // the next instruction, which others jump to
};

// Returns "taken", "not taken", "goto" or "falls through".
std::string_view flow_kind_name(flow_kind kind);

struct flow_edge {
  std::size_t from = 0;  // indexes of blocks
  std::size_t to = 0;
  flow_kind kind{};

  bool operator==(const flow_edge&) const = default;
};

struct flow_block {
  // Indexes in code_function::instructions, in the order in which they run.
  std::vector<std::size_t> instructions;
  bool is_reachable = false;
  std::uint64_t visits = 0;  // how often the verifier came to its first instruction
};

struct flow_graph {
  std::vector<flow_block> blocks;  // the function begins with the first one
  std::vector<flow_edge> edges;
};

// Makes the graph. A block that only one other block goes to, and which goes nowhere else, becomes
// a part of it. Throws `failure` that names function and instruction when a jump leaves the
// function or leads into the middle of a wide load.
flow_graph make_flow_graph(const code_function& function);

}  // namespace ebpfkit::host
