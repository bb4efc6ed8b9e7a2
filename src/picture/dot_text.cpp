#include "picture/dot_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace ebpfkit::host {

namespace {

// A function with more instructions shows source lines only.
constexpr std::size_t small_function = 150;
// Rows of a block that shows source lines only, and characters of a row.
constexpr std::size_t most_rows = 12;
constexpr std::size_t longest_row = 76;
// Graphs with more blocks are large. Graphviz needs minutes for curves around so many, and
// gigabytes for edges that pass hundreds of blocks, which nobody can follow with the eye either.
constexpr std::size_t many_blocks = 100;
// In a large graph, an edge that passes more blocks ends at a sign that tells where it goes.
constexpr std::size_t longest_way = 30;

constexpr std::string_view line_break = "<BR ALIGN=\"LEFT\"/>";

// Text in a label that looks like HTML.
std::string label_text(std::string_view text) {
  std::string escaped;
  for (const char c : text.substr(0, longest_row)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case ' ':
        escaped += "&#160;";
        break;
      default:
        escaped += c;
    }
  }
  return text.size() > longest_row ? escaped + "&#160;..." : escaped;
}

std::string dot_string(std::string_view text) {
  std::string escaped = "\"";
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
      continue;
    }
    if (c == '"' || c == '\\')
      escaped += '\\';
    escaped += c;
  }
  return escaped + "\"";
}

std::string coloured_row(std::string_view colour, std::string_view text) {
  return fmt::format("<FONT COLOR=\"{}\">{}</FONT>{}", colour, label_text(text), line_break);
}

std::string source_row(const code_line& source) {
  if (source.line == 0)
    return coloured_row("#707070", "(no source line)");
  return fmt::format("<FONT COLOR=\"#0b4a8f\"><B>{}</B></FONT>{}",
                     label_text(fmt::format("{}: {}", source.line, source.text)), line_break);
}

// From pale yellow to red. The verifier's visits differ by powers of ten.
std::string heat(std::uint64_t visits, std::uint64_t most) {
  if (visits == 0)
    return "#ececec";
  const double part =
      most < 2 ? 0 : std::log(static_cast<double>(visits)) / std::log(static_cast<double>(most));
  return fmt::format("#ff{:02x}{:02x}", static_cast<int>(246 - 126 * part),
                     static_cast<int>(204 - 114 * part));
}

std::string block_label(const code_function& function, const flow_block& block, bool is_detailed,
                        bool has_visits) {
  std::string label;
  if (has_visits)
    label += coloured_row("#8a2b06", block.visits == 0
                                         ? "the verifier did not come here"
                                         : fmt::format("verifier visits: {}", block.visits));
  if (!block.is_reachable)
    label += coloured_row("#a00000", "no way leads here");
  std::size_t rows = 0;
  const auto lines = by_source_line(function, block);
  for (const auto& line : lines) {
    if (!is_detailed && rows == most_rows && lines.size() > most_rows + 1) {
      label += coloured_row("#707070", fmt::format("... {} more lines", lines.size() - rows));
      break;
    }
    ++rows;
    label += source_row(line.source);
    for (const auto i : line.instructions) {
      const auto& shown = function.instructions[i];
      if (is_detailed)
        label += label_text("  " + instruction_row(shown)) + std::string(line_break);
      for (const auto& access : shown.accesses)
        label += coloured_row("#6a1b9a", fmt::format("    CO-RE: {}", access));
    }
  }
  if (!is_detailed) {
    const auto count = block.instructions.size();
    label += coloured_row("#707070",
                          fmt::format("{} instruction{} from {}", count, count == 1 ? "" : "s",
                                      function.instructions[block.instructions[0]].index));
  }
  return label;
}

std::string_view edge_style(flow_kind kind) {
  switch (kind) {
    case flow_kind::taken:
      return "color=\"#1b7f3b\", fontcolor=\"#1b7f3b\"";
    case flow_kind::not_taken:
      return "color=\"#b3261e\", fontcolor=\"#b3261e\"";
    default:
      return "color=\"#555555\", fontcolor=\"#555555\"";
  }
}

std::size_t blocks_passed(const flow_edge& edge) {
  return edge.from < edge.to ? edge.to - edge.from : edge.from - edge.to;
}

// Which edges end at a sign. Each block keeps its shortest edge, so that it stands near a block
// that leads to it.
std::vector<bool> edges_with_sign(const flow_graph& graph) {
  std::vector<bool> signs(graph.edges.size(), false);
  if (graph.blocks.size() <= many_blocks)
    return signs;
  std::vector<std::size_t> shortest(graph.blocks.size(), graph.edges.size());
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    auto& known = shortest[graph.edges[i].to];
    if (known == graph.edges.size() ||
        blocks_passed(graph.edges[i]) < blocks_passed(graph.edges[known]))
      known = i;
  }
  for (std::size_t i = 0; i < graph.edges.size(); ++i)
    signs[i] = blocks_passed(graph.edges[i]) > longest_way && shortest[graph.edges[i].to] != i;
  return signs;
}

// "to 712, line 45". The number is that of the instruction.
std::string sign_text(const code_function& function, const flow_block& target) {
  const auto& first = function.instructions[target.instructions.front()];
  return first.source.line == 0 ? fmt::format("to {}", first.index)
                                : fmt::format("to {}, line {}", first.index, first.source.line);
}

std::string edges_text(const code_function& function, const flow_graph& graph,
                       const dot_options& options) {
  std::string text;
  const auto signs = edges_with_sign(graph);
  // Labels in the middle of edges take ranks of their own, labels at the tail take none.
  const auto* label = graph.blocks.size() > many_blocks ? "taillabel" : "label";
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const auto& edge = graph.edges[i];
    auto target = fmt::format("b{}", edge.to);
    if (signs[i]) {
      target = fmt::format("w{}", i);
      text += fmt::format(
          "  {0} [id=\"f{1}{0}b{2}\", shape=plaintext, style=\"\", fontcolor=\"#0b57d0\", "
          "label=\"{3}\"];\n",
          target, options.function, edge.to, sign_text(function, graph.blocks[edge.to]));
    }
    text += fmt::format("  b{} -> {} [{}=\"{}\", {}];\n", edge.from, target, label,
                        flow_kind_name(edge.kind), edge_style(edge.kind));
  }
  return text;
}

}  // namespace

std::vector<line_instructions> by_source_line(const code_function& function,
                                              const flow_block& block) {
  std::vector<line_instructions> lines;
  for (const auto i : block.instructions) {
    const auto& source = function.instructions[i].source;
    if (lines.empty() || lines.back().source != source)
      lines.push_back({source, {}});
    lines.back().instructions.push_back(i);
  }
  return lines;
}

std::string instruction_row(const code_instruction& shown) {
  return fmt::format("{:>3}: {}", shown.index, instruction_text(shown));
}

std::string dot_text(const code_function& function, const flow_graph& graph,
                     const dot_options& options) {
  const bool is_detailed =
      options.content == block_content::instructions ||
      (options.content == block_content::by_size && function.instructions.size() <= small_function);
  std::uint64_t most = 0;
  for (const auto& block : graph.blocks)
    most = std::max(most, block.visits);
  auto text = fmt::format("digraph {} {{\n", dot_string(function.name));
  text += fmt::format(
      "  graph [label={}, labelloc=t, labeljust=l, fontname=\"Helvetica\", fontsize=14, "
      "nodesep=0.35, ranksep=0.45{}];\n",
      dot_string(fmt::format("{} ({}), {} instructions", function.name, function.section,
                             function.length)),
      graph.blocks.size() > many_blocks ? ", splines=polyline, nslimit=2, nslimit1=2, mclimit=0.5"
                                        : "");
  text +=
      "  node [shape=box, style=\"filled,rounded\", color=\"#7a869a\", fillcolor=\"#f7f9fc\", "
      "fontname=\"Courier\", fontsize=10];\n"
      "  edge [fontname=\"Helvetica\", fontsize=9, arrowsize=0.7];\n";
  for (std::size_t i = 0; i < graph.blocks.size(); ++i) {
    const auto& block = graph.blocks[i];
    text += fmt::format(
        "  b{0} [id=\"f{1}b{0}\"{2}{3}, label=<{4}>];\n", i, options.function,
        options.has_visits ? fmt::format(", fillcolor=\"{}\"", heat(block.visits, most)) : "",
        block.is_reachable ? "" : ", style=\"filled,dashed\"",
        block_label(function, block, is_detailed, options.has_visits));
  }
  return text + edges_text(function, graph, options) + "}\n";
}

}  // namespace ebpfkit::host
