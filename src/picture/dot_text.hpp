// Writes a control-flow graph for Graphviz.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "picture/flow_graph.hpp"
#include "picture/program_code.hpp"

namespace ebpfkit::host {

enum class block_content {
  by_size,       // instructions in small functions, else source lines
  instructions,  // source lines and all instructions
  source,        // source lines, and the number of instructions
};

struct dot_options {
  block_content content = block_content::by_size;
  std::size_t function =
      0;                    // a number that is different for each function of a page: ids of blocks
  bool has_visits = false;  // colour the blocks by flow_block::visits
};

// The instructions of a block that belong to one source line.
struct line_instructions {
  code_line source;
  std::vector<std::size_t> instructions;  // in code_function::instructions
};
std::vector<line_instructions> by_source_line(const code_function& function,
                                              const flow_block& block);

// Returns an instruction as pictures show it: its number, its text, what CO-RE changes in it.
std::string instruction_row(const code_instruction& shown);

// Returns a graph in the language DOT. The ids of blocks are f<function>b<block>. In a large graph,
// an edge that leads far ends at a sign, whose id is f<function>w<edge>b<target>.
std::string dot_text(const code_function& function, const flow_graph& graph,
                     const dot_options& options);

}  // namespace ebpfkit::host
