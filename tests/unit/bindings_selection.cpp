#include "bindings/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf_builder.hpp"
#include "support/failure.hpp"
#include "support/nearest_names.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// struct task { struct task *parent; struct clock clock; struct files *files; int pid;
//               union { int flags; struct signals *signals; }; };
struct task_types {
  type_id integer, clock, files, signals, task, anonymous, state, alias, list_alias;
  std::unique_ptr<type_graph> graph;
};

task_types make_task_types() {
  task_types t{};
  btf_builder btf;
  t.integer = btf.integer("int", 4, true);
  t.clock = btf.record("clock", 8, {{"seconds", t.integer, 0}, {"ticks", t.integer, 32}});
  t.files = btf.record("files", 4, {{"count", t.integer, 0}});
  t.signals = btf.record("signals", 4, {{"pending", t.integer, 0}});
  const auto to_files = btf.pointer(t.files);
  const auto to_signals = btf.pointer(t.signals);
  t.anonymous = btf.record({}, 8, {{"flags", t.integer, 0}, {"signals", to_signals, 0}},
                           type_kind::union_type);
  t.task = t.anonymous + 2;
  const auto to_task = btf.pointer(t.task);
  btf.record("task", 40,
             {{"parent", to_task, 0},
              {"clock", t.clock, 64},
              {"files", to_files, 128},
              {"pid", t.integer, 192},
              {{}, t.anonymous, 256}});
  t.state = btf.enumeration("state", {{"STATE_RUNNING", 0}, {"STATE_DEAD", 1}});
  t.alias = btf.type_definition("task_t", t.task);
  t.list_alias = btf.type_definition("task_list", btf.pointer(t.task));
  t.graph = std::make_unique<type_graph>(btf.bytes());
  return t;
}

type_selection select(const type_graph& graph, std::vector<std::string> types,
                      std::vector<std::string> identifiers = {}) {
  type_request request;
  request.types = std::move(types);
  request.identifiers = std::move(identifiers);
  return select_types(graph, request, "kernel.btf");
}

std::string problem_of(const type_graph& graph, std::vector<std::string> types) {
  try {
    select(graph, std::move(types));
    return "accepted";
  } catch (const failure& error) {
    return error.what();
  }
}

TEST(selection, a_name_takes_values_but_not_what_is_pointed_to) {
  const auto t = make_task_types();
  for (const auto* name : {"task", "struct task", "task_t", "typedef task_t"}) {
    const auto selection = select(*t.graph, {name});
    EXPECT_EQ(selection.extents[t.task], record_extent::complete) << name;
    EXPECT_EQ(selection.extents[t.clock], record_extent::complete) << name;
    EXPECT_EQ(selection.extents[t.anonymous], record_extent::complete) << name;
    EXPECT_EQ(selection.extents[t.files], record_extent::declared) << name;
    EXPECT_EQ(selection.extents[t.signals], record_extent::declared) << name;
  }
}

TEST(selection, typedef_of_a_pointer_leaves_the_record_declared) {
  const auto t = make_task_types();
  EXPECT_EQ(select(*t.graph, {"task_list"}).extents[t.task], record_extent::declared);
}

TEST(selection, an_enum_is_found_by_name_and_by_enumerator) {
  const auto t = make_task_types();
  for (const auto* name : {"state", "enum state", "STATE_DEAD"})
    EXPECT_THAT(select(*t.graph, {name}).roots, Contains(t.state)) << name;
}

TEST(selection, all_unknown_names_come_in_one_message) {
  const auto t = make_task_types();
  const auto problem = problem_of(
      *t.graph, {"tsak", "task", "union task", "task.pod", "task.pid.x", "task.", "clock.seconds"});
  EXPECT_THAT(problem, HasSubstr("no type 'tsak' in 'kernel.btf'"));
  EXPECT_THAT(problem, HasSubstr("no type 'union task' in 'kernel.btf'; nearest: task"));
  EXPECT_THAT(problem, HasSubstr("no member 'pod' in 'task' of 'kernel.btf'; nearest: pid"));
  EXPECT_THAT(problem, HasSubstr("'task.pid' has no members"));
  EXPECT_THAT(problem, HasSubstr("'task.' is not a path"));
  EXPECT_THAT(problem, Not(HasSubstr("clock")));
}

TEST(selection, identifiers_lead_through_named_members) {
  const auto t = make_task_types();
  const auto by_files = select(*t.graph, {}, {"task", "files", "no_such_type"});
  EXPECT_EQ(by_files.extents[t.task], record_extent::complete);
  EXPECT_EQ(by_files.extents[t.files], record_extent::complete);
  EXPECT_EQ(by_files.extents[t.signals], record_extent::declared);
  EXPECT_THAT(by_files.roots, Not(Contains(t.state)));

  const auto by_signals = select(*t.graph, {}, {"task_t", "signals", "STATE_RUNNING"});
  EXPECT_EQ(by_signals.extents[t.signals], record_extent::complete);
  EXPECT_EQ(by_signals.extents[t.files], record_extent::declared);
  EXPECT_THAT(by_signals.roots, Contains(t.state));
}

// extern struct task *task_of(enum state state), tagged as a kernel function; other functions with
// and without that tag.
struct function_types {
  type_id task, key, state, prototype, task_of;
  std::unique_ptr<type_graph> graph;
};

function_types make_function_types() {
  function_types t{};
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  t.task = btf.record("task", 4, {{"pid", integer, 0}});
  t.key = btf.record("key", 4, {{"pid", integer, 0}});
  t.state = btf.enumeration("state", {{"STATE_RUNNING", 0}});
  t.prototype = btf.prototype(btf.pointer(t.task), {{"state", t.state}, {"key", t.key}});
  t.task_of = btf.function("task_of", t.prototype, symbol_linkage::local);
  const auto other = btf.function("other_of", t.prototype, symbol_linkage::local);
  const auto untagged = btf.function("untagged_of", t.prototype, symbol_linkage::local);
  const auto again = btf.function("task_of", t.prototype, symbol_linkage::local);
  const auto no_name_of_c = btf.function("task::of", t.prototype, symbol_linkage::local);
  const auto arena = btf.function("bpf_arena_task_of", t.prototype, symbol_linkage::local);
  const auto tag = [&](type_id function, std::string_view name, std::uint32_t component) {
    btf.add(name, type_kind::declaration_tag, 0, false, function, {component});
  };
  constexpr std::uint32_t itself = 0xffffffff;
  for (const auto function : {other, t.task_of, t.task_of, again, no_name_of_c, arena})
    tag(function, "bpf_kfunc", itself);
  tag(untagged, "bpf_fastcall", itself);
  tag(untagged, "bpf_kfunc", 0);
  tag(t.task, "bpf_kfunc", itself);
  t.graph = std::make_unique<type_graph>(btf.bytes());
  return t;
}

TEST(selection, identifiers_take_the_kernel_functions_of_their_name) {
  const auto t = make_function_types();
  const auto selection = select(*t.graph, {}, {"task_of", "untagged_of", "bpf_arena_task_of"});
  EXPECT_THAT(selection.kernel_functions, ElementsAre(t.task_of));
  EXPECT_THAT(selection.roots, Contains(t.prototype));
  EXPECT_EQ(selection.extents[t.task], record_extent::declared);
  EXPECT_EQ(selection.extents[t.key], record_extent::complete);
  EXPECT_THAT(select(*t.graph, {}, {"task"}).kernel_functions, IsEmpty());
}

TEST(selection, a_kernel_function_that_the_program_declares_is_left_to_it) {
  const auto t = make_function_types();
  const auto selection = select(*t.graph, {}, {"task_of", "declared task_of"});
  EXPECT_THAT(selection.kernel_functions, IsEmpty());
  EXPECT_THAT(selection.roots, Not(Contains(t.prototype)));
}

TEST(selection, a_kernel_function_can_be_asked_for_by_name) {
  const auto t = make_function_types();
  EXPECT_THAT(select(*t.graph, {"task_of"}).kernel_functions, ElementsAre(t.task_of));
  EXPECT_THAT(problem_of(*t.graph, {"untagged_of"}), HasSubstr("no type 'untagged_of'"));
}

TEST(selection, everything_has_each_kernel_function_once) {
  const auto t = make_function_types();
  type_request request;
  request.whole = true;
  EXPECT_THAT(select_types(*t.graph, request, "kernel.btf").kernel_functions,
              ElementsAre(t.task_of, t.task_of + 1));
}

TEST(selection, a_member_of_an_unrelated_record_keeps_nothing) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto target = btf.record("target", 4, {{"x", integer, 0}});
  const auto pointer = btf.pointer(target);
  btf.record("unrelated", 8, {{"shared", pointer, 0}});
  const auto used = btf.record("used", 4, {{"shared", integer, 0}});
  const type_graph graph(btf.bytes());
  const auto selection = select(graph, {}, {"used", "shared"});
  EXPECT_EQ(selection.extents[used], record_extent::complete);
  EXPECT_EQ(selection.extents[target], record_extent::declared);
}

TEST(selection, paths_keep_only_their_members) {
  const auto t = make_task_types();
  const auto selection =
      select(*t.graph, {"task.pid", "task.parent.pid", "task.clock.ticks", "task.signals"});
  EXPECT_EQ(selection.extents[t.task], record_extent::members);
  EXPECT_THAT(selection.members.at(t.task), ElementsAre(0, 1, 3, 4));
  EXPECT_EQ(selection.extents[t.clock], record_extent::members);
  EXPECT_THAT(selection.members.at(t.clock), ElementsAre(1));
  EXPECT_THAT(selection.members.at(t.anonymous), ElementsAre(1));
  EXPECT_EQ(selection.extents[t.signals], record_extent::declared);
  EXPECT_EQ(selection.extents[t.files], record_extent::declared);
}

TEST(selection, complete_wins_over_members) {
  const auto t = make_task_types();
  const auto selection = select(*t.graph, {"clock.ticks", "task"});
  EXPECT_EQ(selection.extents[t.clock], record_extent::complete);
}

TEST(selection, whole_leaves_out_what_is_no_type) {
  const type_graph graph(test::sample_btf());
  type_request request;
  request.whole = true;
  const auto selection = select_types(graph, request, "test");
  EXPECT_THAT(selection.roots, Contains(14U));
  for (const auto not_a_type : {15U, 16U, 17U, 19U})
    EXPECT_THAT(selection.roots, Not(Contains(not_a_type)));
}

TEST(nearest_names, by_distance_then_by_prefix) {
  const std::vector<std::string_view> names = {"task_struct", "task_struct", "tss_struct",
                                               "file",        "task",        "inode"};
  EXPECT_THAT(nearest_names("task_strct", names), ElementsAre("task_struct", "tss_struct", "task"));
  EXPECT_THAT(nearest_names("file_operations_x", names), ElementsAre("file"));
  EXPECT_THAT(nearest_names("zzzzzzzz", names), IsEmpty());
  EXPECT_THAT(nearest_names("indoe", names), ElementsAre("inode"));
  EXPECT_THAT(nearest_names("tgdi", {"tgid", "tgxx"}), ElementsAre("tgid"));
  EXPECT_THAT(nearest_names("", names), IsEmpty());
  EXPECT_EQ(nearest_names_hint("inod", names), "; nearest: inode");
}

TEST(nearest_names, at_most_five) {
  const std::vector<std::string_view> names = {"aaa1", "aaa2", "aaa3", "aaa4", "aaa5", "aaa6"};
  EXPECT_THAT(nearest_names("aaa0", names), ElementsAre("aaa1", "aaa2", "aaa3", "aaa4", "aaa5"));
}

}  // namespace
}  // namespace ebpfkit::host
