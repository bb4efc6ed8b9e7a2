// One HTML page with the graphs of an object's functions. It needs no other file and no network.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "picture/flow_graph.hpp"
#include "picture/program_code.hpp"

namespace ebpfkit::host {

struct function_picture {
  code_function function;
  flow_graph graph;
  std::string svg;  // Graphviz' drawing of dot_text()
};

// Returns the page. `title` may be any text. People move and zoom each graph, search, and click a
// block to see its instructions.
std::string html_page(std::string_view title, const std::vector<function_picture>& pictures);

}  // namespace ebpfkit::host
