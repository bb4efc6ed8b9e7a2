#include "picture/flow_graph.hpp"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

bool is_jump_class(const instruction& code) {
  return BPF_CLASS(code.code) == BPF_JMP || BPF_CLASS(code.code) == BPF_JMP32;
}

bool is_exit(const instruction& code) {
  return is_jump_class(code) && BPF_OP(code.code) == BPF_EXIT;
}

bool is_goto(const instruction& code) {
  return is_jump_class(code) && BPF_OP(code.code) == BPF_JA;
}

bool is_conditional(const instruction& code) {
  return is_jump_class(code) && !is_exit(code) && !is_goto(code) && BPF_OP(code.code) != BPF_CALL;
}

// Returns the place, in function.instructions, that the jump at `from` goes to.
std::size_t target_of(const code_function& function, std::size_t from) {
  const auto& jump = function.instructions[from];
  // BPF_JMP32 | BPF_JA, `gotol` of Linux 6.6, has its distance in the immediate.
  const bool is_long = is_goto(jump.code) && BPF_CLASS(jump.code.code) == BPF_JMP32;
  const std::int64_t index =
      std::int64_t{jump.index} + 1 + (is_long ? jump.code.immediate : jump.code.offset);
  const auto found = std::ranges::lower_bound(
      function.instructions, index, {}, [](const auto& one) { return std::int64_t{one.index}; });
  if (found == function.instructions.end() || std::int64_t{found->index} != index)
    throw failure(fmt::format("the jump at instruction {} of '{}' goes to {}, where no instruction "
                              "of the function begins",
                              jump.index, function.name, index),
                  "The object is damaged; compile it again.");
  return static_cast<std::size_t>(found - function.instructions.begin());
}

class graph_maker {
 public:
  explicit graph_maker(const code_function& function) : function_(function) {}

  flow_graph make();

 private:
  void find_beginnings();
  void make_blocks();
  void add_edges(std::size_t block);
  void join_straight_lines();
  void mark_reachable();

  const code_function& function_;
  std::set<std::size_t> beginnings_;
  flow_graph graph_;
};

flow_graph graph_maker::make() {
  if (function_.instructions.empty())
    return {};
  find_beginnings();
  make_blocks();
  for (std::size_t i = 0; i < graph_.blocks.size(); ++i)
    add_edges(i);
  join_straight_lines();
  mark_reachable();
  return std::move(graph_);
}

void graph_maker::find_beginnings() {
  beginnings_.insert(0);
  for (std::size_t i = 0; i < function_.instructions.size(); ++i) {
    const auto& code = function_.instructions[i].code;
    if (is_goto(code) || is_conditional(code))
      beginnings_.insert(target_of(function_, i));
    if (is_goto(code) || is_conditional(code) || is_exit(code))
      beginnings_.insert(i + 1);
  }
  beginnings_.erase(function_.instructions.size());
}

void graph_maker::make_blocks() {
  for (auto begin = beginnings_.begin(); begin != beginnings_.end(); ++begin) {
    const auto next = std::next(begin);
    const auto end = next == beginnings_.end() ? function_.instructions.size() : *next;
    flow_block block;
    for (auto i = *begin; i < end; ++i)
      block.instructions.push_back(i);
    graph_.blocks.push_back(std::move(block));
  }
}

void graph_maker::add_edges(std::size_t block) {
  const auto last = graph_.blocks[block].instructions.back();
  const auto& code = function_.instructions[last].code;
  const auto block_at = [&](std::size_t place) {
    return static_cast<std::size_t>(std::distance(beginnings_.begin(), beginnings_.find(place)));
  };
  if (is_goto(code))
    graph_.edges.push_back({block, block_at(target_of(function_, last)), flow_kind::jump});
  if (is_conditional(code))
    graph_.edges.push_back({block, block_at(target_of(function_, last)), flow_kind::taken});
  if (!is_goto(code) && !is_exit(code) && block + 1 < graph_.blocks.size())
    graph_.edges.push_back(
        {block, block + 1, is_conditional(code) ? flow_kind::not_taken : flow_kind::fall_through});
}

void graph_maker::join_straight_lines() {
  const auto count = graph_.blocks.size();
  std::vector<std::size_t> ways_in(count);
  std::vector<std::vector<flow_edge>> ways_out(count);
  ++ways_in[0];
  for (const auto& edge : graph_.edges) {
    ++ways_in[edge.to];
    ways_out[edge.from].push_back(edge);
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto& block = graph_.blocks[i];
    // A joined block has no instructions. The ways out of it are those of the block before.
    while (!block.instructions.empty() && ways_out[i].size() == 1) {
      const auto next = ways_out[i].front().to;
      if (next == i || ways_in[next] != 1)
        break;
      auto& joined = graph_.blocks[next].instructions;
      // g++ 14 warns of the overflow of an insert() here.
      for (const auto instruction : joined)
        block.instructions.push_back(instruction);
      joined.clear();
      ways_out[i] = std::move(ways_out[next]);
      ways_out[next].clear();
      for (auto& edge : ways_out[i])
        edge.from = i;
    }
  }
  std::vector<std::size_t> number(count);
  flow_graph joined;
  for (std::size_t i = 0; i < count; ++i) {
    number[i] = joined.blocks.size();
    if (!graph_.blocks[i].instructions.empty())
      joined.blocks.push_back(std::move(graph_.blocks[i]));
  }
  for (const auto& edges : ways_out)
    for (const auto& edge : edges)
      joined.edges.push_back({number[edge.from], number[edge.to], edge.kind});
  graph_ = std::move(joined);
}

void graph_maker::mark_reachable() {
  std::vector<std::vector<std::size_t>> next(graph_.blocks.size());
  for (const auto& edge : graph_.edges)
    next[edge.from].push_back(edge.to);
  std::vector<std::size_t> waiting{0};
  graph_.blocks[0].is_reachable = true;
  while (!waiting.empty()) {
    const auto block = waiting.back();
    waiting.pop_back();
    for (const auto other : next[block])
      if (!graph_.blocks[other].is_reachable) {
        graph_.blocks[other].is_reachable = true;
        waiting.push_back(other);
      }
  }
}

}  // namespace

std::string_view flow_kind_name(flow_kind kind) {
  switch (kind) {
    case flow_kind::taken:
      return "taken";
    case flow_kind::not_taken:
      return "not taken";
    case flow_kind::jump:
      return "goto";
    default:
      return "falls through";
  }
}

flow_graph make_flow_graph(const code_function& function) {
  return graph_maker(function).make();
}

}  // namespace ebpfkit::host
