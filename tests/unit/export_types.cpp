// Types for programs of the host, and the checks that no partial record is used as a value.
#include <fmt/format.h>

#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/bindings_agreement.hpp"
#include "bindings/layout_matters.hpp"
#include "btf/decl_tags.hpp"
#include "btf_builder.hpp"
#include "export/host_types.hpp"
#include "object/by_value_fields.hpp"
#include "skeleton/macro_shield.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using testing::HasSubstr;
using testing::Not;

template <class Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const failure& error) {
    return fmt::format("{}\n{}", error.what(), error.remedy());
  }
  return "no failure";
}

// struct event { enum kind kind; u64 when; int *pointer; }, with four bytes of padding.
struct event_btf {
  btf_builder btf;
  type_id integer = btf.integer("int", 4, true);
  type_id wide = btf.integer("unsigned long", 8);
  type_id kind = btf.enumeration("kind", {{"KIND_OPEN", 1}, {"KIND_CLOSE", 2}});
  type_id pointer = btf.pointer(integer);
  type_id event =
      btf.record("event", 24, {{"kind", kind, 0}, {"when", wide, 64}, {"pointer", pointer, 128}});
};

host_types_request request_for(std::vector<std::string> types) {
  host_types_request request;
  request.types = std::move(types);
  request.source = "some.btf";
  request.origin.source_label = "a test";
  return request;
}

TEST(export_types, cxx) {
  event_btf types;
  const type_graph graph(types.btf.bytes());
  const auto text = make_cxx_types(graph, request_for({"struct event"}), "a::b");
  EXPECT_THAT(text, HasSubstr("// Source: a test\n"));
  EXPECT_THAT(text, HasSubstr("#pragma push_macro(\"when\")\n#undef when\n"));
  EXPECT_THAT(text, HasSubstr("namespace a::b {\n"
                              "\n"
                              "enum kind : std::uint32_t {\n"
                              "  KIND_OPEN = 1U,\n"
                              "  KIND_CLOSE = 2U,\n"
                              "};\n"
                              "struct event {\n"
                              "  enum kind kind;\n"
                              "  std::uint8_t padding_0[4];\n"
                              "  std::uint64_t when;\n"
                              "  std::uint64_t pointer;\n"
                              "};\n"));
  EXPECT_THAT(text, HasSubstr("static_assert(sizeof(struct event) == 24);\n"));
  EXPECT_THAT(text, HasSubstr("static_assert(offsetof(struct event, when) == 8);\n"));
  EXPECT_THAT(text, HasSubstr("}  // namespace a::b\n"));
  EXPECT_THAT(text, HasSubstr("#pragma pop_macro(\"when\")\n"));
}

TEST(export_types, c) {
  event_btf types;
  const type_graph graph(types.btf.bytes());
  const auto text = make_c_types(graph, request_for({"event"}));
  EXPECT_THAT(text, HasSubstr("#include <stdint.h>\n"));
  EXPECT_THAT(text, HasSubstr("  uint64_t when;\n"));
  EXPECT_THAT(text, HasSubstr("_Static_assert(sizeof(struct event) == 24"));
  EXPECT_THAT(text, HasSubstr("#pragma pop_macro(\"when\")\n"));
}

TEST(export_types, refusals) {
  event_btf types;
  const type_graph graph(types.btf.bytes());
  EXPECT_THAT(message_of([&] {
                make_cxx_types(graph, request_for({"evnt", "union event"}), "a");
              }),
              testing::AllOf(HasSubstr("no type 'evnt' in 'some.btf'; nearest: event"),
                             HasSubstr("no type 'union event' in 'some.btf'")));
  for (const auto* name : {"", "a:b", "class", "std", "a::", "1a"})
    EXPECT_THAT(message_of([&] { make_cxx_types(graph, request_for({"event"}), name); }),
                HasSubstr("is not a C++ namespace"))
        << name;
}

TEST(export_types, macro_shield) {
  const auto shield = shield_from_macros(
      "struct st { std::uint8_t minor[3]; bool class_, defined, __has_include; } 0x1f");
  EXPECT_EQ(shield.end,
            "#pragma pop_macro(\"class_\")\n#pragma pop_macro(\"minor\")\n"
            "#pragma pop_macro(\"st\")\n");
}

// task is partial; holder has an array of it; a map has a pointer to holder as its value.
TEST(partial_records, as_values) {
  btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  const auto task = btf.record("task", 4, {{"pid", integer, 0}});
  const auto holder = btf.record("holder", 8, {{"tasks", btf.array(task, 2), 0}});
  const auto pointer = btf.pointer(task);
  const auto map =
      btf.record("", 16, {{"key", btf.pointer(integer), 0}, {"value", btf.pointer(holder), 64}});
  btf.add(std::string(some_members_tag), type_kind::declaration_tag, 0, false, task,
          {static_cast<std::uint32_t>(-1)});
  const auto good = btf.add("good", type_kind::variable, 0, false, pointer, {1});
  const auto bad = btf.add("bad", type_kind::variable, 0, false, holder, {1});
  const auto table = btf.add("table", type_kind::variable, 0, false, map, {1});
  btf.add(".bss", type_kind::data_section, 2, false, 16, {good, 0, 8, bad, 8, 8});
  btf.add(".maps", type_kind::data_section, 1, false, 16, {table, 0, 16});
  const type_graph graph(btf.bytes());

  EXPECT_EQ(partial_record_in(graph, holder), task);
  EXPECT_EQ(partial_record_in(graph, pointer), 0U);
  const auto message = message_of([&] { check_no_partial_values(graph, "a.bpf.o"); });
  EXPECT_THAT(message, HasSubstr("variable 'bad' holds 'struct task' by value"));
  EXPECT_THAT(message, HasSubstr("map 'table' holds 'struct task' by value"));
  EXPECT_THAT(message, Not(HasSubstr("good")));
  EXPECT_THAT(message_of([&] { make_cxx_types(graph, request_for({"holder"}), "a"); }),
              HasSubstr("'struct holder' cannot be exported"));
}

TEST(partial_records, whose_layout_matters) {
  EXPECT_FALSE(why_layout_matters("xdp_md").empty());
  EXPECT_FALSE(why_layout_matters("iphdr").empty());
  EXPECT_TRUE(why_layout_matters("task_struct").empty());
}

TEST(bindings_agreement, differences) {
  const auto graph_with = [](std::string_view pid_type, std::uint32_t state_offset) {
    btf_builder btf;
    const auto pid = btf.integer(pid_type, 4, pid_type == "int");
    const auto other = btf.integer("char", 1);
    btf.record("task", 12, {{"pid", pid, 0}, {"state", other, state_offset}});
    return btf.bytes();
  };
  const type_graph old(graph_with("int", 32));
  const type_graph moved(graph_with("int", 64));
  const type_graph retyped(graph_with("unsigned int", 32));
  const std::vector<named_types> two = {{"old", &old}, {"moved", &moved}};
  check_agreement(two, {"task.pid", "task.state", "unknown"});
  EXPECT_THAT(message_of([&] { check_agreement(two, {"task"}); }),
              testing::AllOf(HasSubstr("'task' differs between 'old' and 'moved'"),
                             HasSubstr("member_moved 'state'")));
  const std::vector<named_types> other = {{"old", &old}, {"retyped", &retyped}};
  EXPECT_THAT(message_of([&] { check_agreement(other, {"struct task.pid"}); }),
              HasSubstr("member_retyped 'pid': 'int', 'unsigned int'"));
  check_agreement(other, {"task.state"});
}

}  // namespace
}  // namespace ebpfkit::host
