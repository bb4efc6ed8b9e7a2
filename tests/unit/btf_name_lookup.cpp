#include "btf/name_lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf_builder.hpp"

namespace ebpfkit::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(name_lookup, finds_what_an_index_finds) {
  test::btf_builder btf;
  const auto number = btf.integer("int", 4, true);
  const auto record = btf.record("task_struct", 4, {{"task_structure", number, 0}});
  const auto like_it = btf.record("task_structs", 0, {});
  const auto definition = btf.type_definition("task_struct", record);
  const auto first = btf.enumeration("color", {{"RED", 1}, {"RED", 1}});
  const auto second = btf.enumeration("", {{"GREEN", 2}, {"RED", 3}});
  const type_graph graph(btf.bytes());
  const name_lookup names(graph, {"task_struct", "task_structs", "RED", "GREEN", "absent", ""});
  EXPECT_THAT(names.types("task_struct"), ElementsAre(record, definition));
  EXPECT_THAT(names.types("task_structs"), ElementsAre(like_it));
  EXPECT_THAT(names.types("RED"), IsEmpty());
  EXPECT_THAT(names.enumerations_with("RED"), ElementsAre(first, second));
  EXPECT_THAT(names.enumerations_with("GREEN"), ElementsAre(second));
  EXPECT_THAT(names.types("absent"), IsEmpty());
  EXPECT_THAT(names.types(""), IsEmpty());
}

}  // namespace
}  // namespace ebpfkit::host
