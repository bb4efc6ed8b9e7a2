// Control-flow graphs of BPF functions.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "picture/dot_text.hpp"
#include "picture/flow_graph.hpp"
#include "picture/html_page.hpp"
#include "picture/program_code.hpp"
#include "picture/visits.hpp"
#include "relocation/program_object.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

constexpr instruction set_zero{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0};
constexpr instruction leave{BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
constexpr instruction wide{BPF_LD | BPF_DW | BPF_IMM, 1, 0, 0, 5};

constexpr instruction jump_if(std::int16_t distance) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, distance, 0};
}

constexpr instruction go(std::int16_t distance) {
  return {BPF_JMP | BPF_JA, 0, 0, distance, 0};
}

code_function function_of(const std::vector<instruction>& codes) {
  code_function function{"walk", "raw_tp", true, 0, {}};
  for (const auto& code : codes) {
    code_instruction entry;
    entry.code = code;
    entry.index = function.length;
    function.length += entry.is_wide_load() ? 2 : 1;
    function.instructions.push_back(entry);
  }
  return function;
}

TEST(picture_graphs, a_condition_has_two_ways) {
  const auto graph = make_flow_graph(function_of({jump_if(1), set_zero, leave}));
  ASSERT_EQ(graph.blocks.size(), 3U);
  EXPECT_EQ(graph.edges, (std::vector<flow_edge>{{0, 2, flow_kind::taken},
                                                 {0, 1, flow_kind::not_taken},
                                                 {1, 2, flow_kind::fall_through}}));
}

TEST(picture_graphs, a_loop_leads_back) {
  const auto graph = make_flow_graph(function_of({set_zero, set_zero, jump_if(-2), leave}));
  ASSERT_EQ(graph.blocks.size(), 3U);
  EXPECT_EQ(graph.edges[1], (flow_edge{1, 1, flow_kind::taken}));
  // A function that never ends has one block.
  EXPECT_EQ(make_flow_graph(function_of({go(-1)})).edges,
            (std::vector<flow_edge>{{0, 0, flow_kind::jump}}));
}

TEST(picture_graphs, straight_lines_are_one_block) {
  // 0 -> 2 -> 1 -> exit
  const auto graph = make_flow_graph(function_of({go(2), set_zero, leave, set_zero, go(-4)}));
  ASSERT_EQ(graph.blocks.size(), 1U);
  EXPECT_EQ(graph.blocks[0].instructions, (std::vector<std::size_t>{0, 3, 4, 1, 2}));
  EXPECT_TRUE(graph.edges.empty());
}

TEST(picture_graphs, what_no_way_leads_to_is_marked) {
  const auto function = function_of({set_zero, leave, set_zero, leave});
  const auto graph = make_flow_graph(function);
  ASSERT_EQ(graph.blocks.size(), 2U);
  EXPECT_TRUE(graph.blocks[0].is_reachable);
  EXPECT_FALSE(graph.blocks[1].is_reachable);
  EXPECT_NE(dot_text(function, graph, {}).find("no&#160;way&#160;leads&#160;here"),
            std::string::npos);
}

TEST(picture_graphs, a_wide_load_counts_twice) {
  const auto function = function_of({jump_if(2), wide, leave});
  EXPECT_EQ(make_flow_graph(function).edges[0], (flow_edge{0, 2, flow_kind::taken}));
  EXPECT_EQ(function.instructions[2].index, 3U);
}

TEST(picture_graphs, a_jump_to_no_instruction_is_an_error) {
  const auto message_of = [](const std::vector<instruction>& codes) {
    try {
      make_flow_graph(function_of(codes));
    } catch (const failure& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message_of({jump_if(1), wide, leave}),
            "the jump at instruction 0 of 'walk' goes to 2, where no instruction of the function "
            "begins");
  EXPECT_NE(message_of({go(-9), leave}).find("goes to -8"), std::string::npos);
  EXPECT_NE(message_of({go(1), leave}).find("goes to 2"), std::string::npos);
  EXPECT_TRUE(make_flow_graph(function_of({})).blocks.empty());
}

TEST(picture_graphs, instructions_read_as_in_the_log_of_the_verifier) {
  const auto text = [](const instruction& code) {
    return instruction_text({code, 1, 0, {}, {}, {}});
  };
  EXPECT_EQ(text({BPF_LDX | BPF_MEM | BPF_W, 1, 6, -4, 0}), "r1 = *(u32 *)(r6 -4)");
  EXPECT_EQ(text({BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0}), "*(u64 *)(r10 -8) = r1");
  EXPECT_EQ(text({BPF_ST | BPF_MEM | BPF_B, 10, 0, -8, 3}), "*(u8 *)(r10 -8) = 3");
  EXPECT_EQ(text({BPF_ALU | BPF_ADD | BPF_X, 1, 2, 0, 0}), "w1 += w2");
  EXPECT_EQ(text({BPF_ALU64 | BPF_ARSH | BPF_K, 1, 0, 0, 32}), "r1 s>>= 32");
  EXPECT_EQ(text({BPF_ALU64 | BPF_NEG, 1, 0, 0, 0}), "r1 = -r1");
  EXPECT_EQ(text({BPF_ALU | BPF_END | BPF_X, 1, 0, 0, 16}), "r1 = be16 r1");
  EXPECT_EQ(text({BPF_JMP32 | BPF_JNE | BPF_K, 1, 0, 5, 16}), "if w1 != 0x10 goto pc+5");
  EXPECT_EQ(text({BPF_JMP | BPF_CALL, 0, 0, 0, 1}), "call bpf_map_lookup_elem#1");
  EXPECT_EQ(text({BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 7}), "call pc+7");
  EXPECT_EQ(text({BPF_STX | 0xc0 | BPF_DW, 0, 1, 0, 0}), "lock *(u64 *)(r0 +0) += r1");
  EXPECT_EQ(text(wide), "r1 = 0x100000005");
}

TEST(picture_graphs, visits_come_from_the_log) {
  const auto visits = count_visits(
      "func#0 @0\n0: R1=ctx()\n0: (b7) r0 = 0\n1: (15) if r1 == 0x0 goto pc+1\n"
      "; 3: (b7) a source line\n3: (95) exit\nfrom 1 to 3: R0=0\n3: (95) exit\n3: (9");
  EXPECT_EQ(visits, (std::map<std::uint32_t, std::uint64_t>{{0, 1}, {1, 1}, {3, 2}}));
  const auto function = function_of({set_zero, jump_if(1), set_zero, leave});
  auto graph = make_flow_graph(function);
  set_visits(function, graph, visits, 0);
  ASSERT_EQ(graph.blocks.size(), 3U);
  EXPECT_EQ(graph.blocks[1].visits, 0U);
  EXPECT_EQ(graph.blocks[2].visits, 2U);
  const auto dot = dot_text(function, graph, {block_content::by_size, 0, true});
  EXPECT_NE(dot.find("verifier&#160;visits:&#160;2"), std::string::npos);
  EXPECT_NE(dot.find("the&#160;verifier&#160;did&#160;not&#160;come&#160;here"), std::string::npos);
}

TEST(picture_graphs, called_functions_stand_behind_the_program) {
  auto call = instruction{BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1};
  auto entry = function_of({call, call, leave});
  auto outer = function_of({call, leave});
  auto inner = function_of({set_zero, leave});
  outer.is_entry = inner.is_entry = false;
  outer.name = "outer";
  inner.name = "inner";
  entry.instructions[0].symbol = "outer";
  entry.instructions[1].symbol = "inner";
  outer.instructions[0].symbol = "inner";
  EXPECT_EQ(function_places({inner, outer, entry}, 2),
            (std::map<std::size_t, std::uint32_t>{{2, 0}, {1, 3}, {0, 5}}));
}

TEST(picture_graphs, text_of_strangers_is_escaped) {
  auto function = function_of({leave});
  function.name = "a\"]; b -> c [label=\"";
  function.instructions[0].source = {"x.c", 7, "if (a < b && \"</script><b>\")"};
  const auto graph = make_flow_graph(function);
  const auto dot = dot_text(function, graph, {});
  EXPECT_NE(dot.find("digraph \"a\\\"]; b -> c [label=\\\"\""), std::string::npos);
  EXPECT_NE(dot.find("(a&#160;&lt;&#160;b&#160;&amp;&amp;&#160;&quot;&lt;/script&gt;"),
            std::string::npos);
  const auto page = html_page("</title><script>", {{function, graph, "<svg></svg>"}});
  EXPECT_EQ(page.find("</script><b>"), std::string::npos);
  EXPECT_EQ(page.find("</title><script>"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);
}

TEST(picture_graphs, large_functions_show_source_lines) {
  std::vector<instruction> codes(200, set_zero);
  codes.push_back(leave);
  auto function = function_of(codes);
  for (auto& one : function.instructions)
    one.source = {"x.c", one.index + 1, "line"};
  const auto graph = make_flow_graph(function);
  const auto dot = dot_text(function, graph, {});
  EXPECT_NE(dot.find("...&#160;189&#160;more&#160;lines"), std::string::npos);
  EXPECT_NE(dot.find("201&#160;instructions&#160;from&#160;0"), std::string::npos);
  EXPECT_EQ(dot.find("r0&#160;=&#160;0"), std::string::npos);
  EXPECT_NE(
      dot_text(function, graph, {block_content::instructions, 0, false}).find("200:&#160;exit"),
      std::string::npos);
}

// A chain of conditions, each of which may lead to the end.
TEST(picture_graphs, long_edges_of_large_graphs_end_at_signs) {
  const auto dot_of = [](int conditions) {
    std::vector<instruction> codes;
    for (int i = 0; i < conditions; ++i)
      codes.push_back(jump_if(static_cast<std::int16_t>(conditions - i)));
    codes.push_back(set_zero);
    codes.push_back(leave);
    const auto function = function_of(codes);
    return dot_text(function, make_flow_graph(function), {});
  };
  const auto count = [](const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  };
  // 98 conditions, what follows them, and the end.
  const auto small = dot_of(98);
  EXPECT_EQ(count(small, " -> b99 [label="), 99U);
  EXPECT_EQ(count(small, "id=\"f0w"), 0U);
  const auto large = dot_of(99);
  EXPECT_EQ(count(large, " -> b100 [taillabel="), 30U);
  EXPECT_EQ(count(large, "b100\", shape=plaintext"), 70U);
  EXPECT_EQ(count(large, "label=\"to 100\"];"), 70U);
  EXPECT_EQ(count(large, "[taillabel=\"taken\""), 99U);
  EXPECT_EQ(count(large, " -> w"), 70U);
}

constexpr std::string_view graph_source = R"(
typedef unsigned int __u32;
static long (*read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
struct task {
  int pid;
  struct task *parent;
} __attribute__((preserve_access_index));
static __attribute__((noinline)) int depth_of(struct task *task) {
  int depth = 0;
#pragma clang loop unroll(disable)
  for (int i = 0; i < 16; ++i) {
    struct task *above = 0;
    read_kernel(&above, sizeof(above), &task->parent);
    if (!above)
      break;
    task = above;
    ++depth;
  }
  return depth;
}
__attribute__((section("raw_tp/one"), used)) int walk(struct task **context) {
  return depth_of(context[1]) > 3;
}
)";

TEST(picture_graphs, compiled_functions_have_calls_lines_and_relocations) {
  const test::work_directory work;
  for (const auto* target : {"bpfel", "bpfeb"}) {
    const program_object object(test::compile_bpf(work, "walk", graph_source, target));
    const auto functions = read_functions(object);
    ASSERT_EQ(functions.size(), 2U);
    const auto walk = std::ranges::find(functions, "walk", &code_function::name);
    const auto depth = std::ranges::find(functions, "depth_of", &code_function::name);
    ASSERT_TRUE(walk != functions.end() && depth != functions.end());
    EXPECT_TRUE(walk->is_entry);
    EXPECT_FALSE(depth->is_entry);
    EXPECT_TRUE(std::ranges::any_of(walk->instructions, [](const code_instruction& one) {
      return instruction_text(one) == "call depth_of";
    }));
    std::size_t accesses = 0;
    for (const auto& one : depth->instructions)
      for (const auto& access : one.accesses) {
        ++accesses;
        EXPECT_EQ(access, "field_byte_offset struct task::parent");
        EXPECT_EQ(one.source.text, "read_kernel(&above, sizeof(above), &task->parent);");
      }
    EXPECT_EQ(accesses, 1U);
    // The loop leads back.
    const auto graph = make_flow_graph(*depth);
    EXPECT_TRUE(std::ranges::any_of(graph.edges,
                                    [](const flow_edge& edge) { return edge.to <= edge.from; }));
  }
}

}  // namespace
}  // namespace ebpfkit::host
