// What the kernel tells about programs, maps and BTF objects, on the running kernel.
#include "ebpfkit/loaded_objects.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/pinned_map.hpp"
#include "ebpfkit/pinned_program.hpp"
#include "ebpfkit/test_run.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr const char* program_of_xdp = R"(
SEC("xdp") int looked_at_by_a_test(void *context) { count(); return 2; })";

class runtime_loaded_objects : public kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    object_.emplace(program_of_xdp, std::vector<const char*>{"looked_at_by_a_test"});
    ASSERT_TRUE(*object_);
  }
  ebpfkit::program program() const { return object_->program(); }
  ebpfkit::program_info info() const {
    const auto told = ebpfkit::program_info::of_fd(program().fd());
    EXPECT_TRUE(told) << told.error().message();
    return told ? *told : ebpfkit::program_info();
  }

  std::optional<counting_object> object_;
};

TEST_F(runtime_loaded_objects, program) {
  const auto told = info();
  EXPECT_NE(told.id, 0U);
  EXPECT_EQ(told.type, static_cast<std::uint32_t>(BPF_PROG_TYPE_XDP));
  EXPECT_EQ(told.name, "looked_at_by_a_");
  EXPECT_THAT(told.tag, testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(told.tag.size(), 16U);
  EXPECT_TRUE(told.is_gpl_compatible);
  EXPECT_GT(told.loaded, 0U);
  EXPECT_GT(told.xlated_size, 0U);
  const auto map = ebpfkit::map_info::of_fd(object_->counts().fd());
  ASSERT_TRUE(map) << map.error().message();
  EXPECT_THAT(told.map_ids, ElementsAre(map->id));
  const auto by_id = ebpfkit::program_info::of_id(told.id);
  ASSERT_TRUE(by_id) << by_id.error().message();
  EXPECT_EQ(by_id->tag, told.tag);
  const own_mount pins("bpf");
  const auto path = (pins / "program").string();
  ASSERT_TRUE(program().pin(path));
  const auto pinned = ebpfkit::program_info::of_pin(path);
  ASSERT_TRUE(pinned) << pinned.error().message();
  EXPECT_EQ(pinned->id, told.id);
  const auto no_map = ebpfkit::map_info::of_pin(path);
  ASSERT_FALSE(no_map);
  EXPECT_EQ(no_map.error().code, EINVAL);
  EXPECT_EQ(no_map.error().remedy, "It is no map.");
  EXPECT_NE(no_map.error().message().find("pinned at '" + path + "'"), std::string::npos)
      << no_map.error().message();
}

TEST_F(runtime_loaded_objects, map_and_its_types) {
  const auto told = ebpfkit::map_info::of_fd(object_->counts().fd());
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(told->type, static_cast<std::uint32_t>(BPF_MAP_TYPE_ARRAY));
  EXPECT_EQ(told->name, "counts");
  EXPECT_EQ(told->key_size, 4U);
  EXPECT_EQ(told->value_size, 8U);
  EXPECT_EQ(told->max_entries, 4U);
  EXPECT_NE(told->value_type_id, 0U);
  const auto types = ebpfkit::btf_info::of_id(told->btf_id);
  ASSERT_TRUE(types) << types.error().message();
  EXPECT_EQ(types->id, told->btf_id);
  EXPECT_GT(types->size, 0U);
  EXPECT_FALSE(types->is_of_kernel);
}

TEST_F(runtime_loaded_objects, what_is_not_there) {
  constexpr std::uint32_t no_id = 0x7fffffff;
  const auto program = ebpfkit::program_info::of_id(no_id);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, ENOENT);
  EXPECT_EQ(program.error().object, "the information on the program with id 2147483647");
  EXPECT_EQ(program.error().remedy, "There is no such program.");
  EXPECT_EQ(ebpfkit::map_info::of_id(no_id).error().code, ENOENT);
  EXPECT_EQ(ebpfkit::btf_info::of_id(no_id).error().remedy, "There is no such BTF object.");
  EXPECT_EQ(ebpfkit::map_info::of_fd(-1).error().code, EBADF);
  EXPECT_EQ(ebpfkit::map_info::of_fd(this->program().fd()).error().code, EINVAL);
  EXPECT_EQ(ebpfkit::btf_info::of_fd(object_->counts().fd()).error().code, EINVAL);
  const auto no_program = ebpfkit::pinned_program::open_id(no_id).error();
  EXPECT_EQ(no_program.code, ENOENT);
  EXPECT_EQ(no_program.remedy, "No program has this id.");
  const auto no_map = ebpfkit::pinned_map::open_id(no_id).error();
  EXPECT_EQ(no_map.code, ENOENT);
  EXPECT_EQ(no_map.remedy, "No map has this id.");
}

TEST_F(runtime_loaded_objects, all_that_are_loaded) {
  const auto told = info();
  const auto programs = ebpfkit::loaded_programs();
  ASSERT_TRUE(programs) << programs.error().message();
  EXPECT_THAT(*programs, Contains(Field(&ebpfkit::program_info::id, told.id)));
  const auto named = ebpfkit::loaded_programs_named("looked_at_by_a_test");
  ASSERT_TRUE(named) << named.error().message();
  EXPECT_THAT(*named, Contains(Field(&ebpfkit::program_info::id, told.id)));
  EXPECT_TRUE(ebpfkit::loaded_programs_named("looked_at_by_b_test").value().empty());
  const auto tagged = ebpfkit::loaded_programs_tagged(told.tag);
  ASSERT_TRUE(tagged) << tagged.error().message();
  EXPECT_THAT(*tagged, Contains(Field(&ebpfkit::program_info::id, told.id)));
  EXPECT_TRUE(ebpfkit::loaded_programs_tagged("0").value().empty());
  const auto maps = ebpfkit::loaded_maps_named("counts");
  ASSERT_TRUE(maps) << maps.error().message();
  EXPECT_THAT(*maps, Contains(Field(&ebpfkit::map_info::id, told.map_ids.front())));
  if (ebpfkit::detail::if_older_than({5, 4}, "").empty()) {
    const auto types = ebpfkit::loaded_btf_objects();
    ASSERT_TRUE(types) << types.error().message();
    EXPECT_THAT(*types, Contains(Field(&ebpfkit::btf_info::id, told.btf_id)));
    // Linux 5.11 tells about its own BTF.
    EXPECT_EQ(
        std::any_of(types->begin(), types->end(),
                    [](const auto& each) { return each.name == "vmlinux" && each.is_of_kernel; }),
        ebpfkit::detail::if_older_than({5, 11}, "").empty());
  }
}

TEST_F(runtime_loaded_objects, links) {
  if (!ebpfkit::detail::if_older_than({5, 9}, "").empty())
    GTEST_SKIP() << "XDP links are from Linux 5.9";
  const own_network network;
  const auto attached = program().attach_xdp("lo", ebpfkit::xdp_mode::generic);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto links = ebpfkit::loaded_links();
  ASSERT_TRUE(links) << links.error().message();
  EXPECT_THAT(*links, Contains(Field(&ebpfkit::link_info::program_id, info().id)));
}

TEST_F(runtime_loaded_objects, statistics_while_somebody_holds_them) {
  const std::vector<std::uint8_t> frame(64);
  const auto run = [&] { EXPECT_TRUE(ebpfkit::run_xdp(program(), frame)); };
  auto statistics = ebpfkit::run_time_statistics::enable();
  if (!ebpfkit::detail::if_older_than({5, 8}, "").empty()) {
    ASSERT_FALSE(statistics);
    EXPECT_THAT(statistics.error().remedy, HasSubstr("Linux 5.8"));
    return;
  }
  ASSERT_TRUE(statistics) << statistics.error().message();
  const auto moved = *std::move(statistics);
  EXPECT_GE(moved.fd(), 0);
  run();
  const auto first = info();
  EXPECT_EQ(first.run_count, 1U);
  EXPECT_GT(first.run_time, 0U);
  run();
  EXPECT_EQ(info().run_count, 2U);
}

TEST_F(runtime_loaded_objects, handles_by_id) {
  const auto told = info();
  const auto program = ebpfkit::pinned_program::open_id(told.id);
  ASSERT_TRUE(program) << program.error().message();
  EXPECT_EQ(program->id(), told.id);
  EXPECT_EQ(program->name(), told.name);
  EXPECT_EQ(program->pin_path(), "");
  ASSERT_TRUE(object_->counts().update(2U, std::uint64_t{77}));
  const auto opened = ebpfkit::pinned_map::open_id(told.map_ids.front());
  ASSERT_TRUE(opened) << opened.error().message();
  const auto counts = opened->as<ebpfkit::map<std::uint32_t, std::uint64_t>>();
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(counts->find(2U).value(), 77U);
}

}  // namespace
