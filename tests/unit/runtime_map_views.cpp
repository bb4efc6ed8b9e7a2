// Typed views of untyped maps; single keys, locks and freezing.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ebpfkit/bloom_filter_map.hpp"
#include "ebpfkit/descriptor_map.hpp"
#include "ebpfkit/device_map.hpp"
#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/local_storage_map.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/map_of_maps.hpp"
#include "ebpfkit/object_view.hpp"
#include "ebpfkit/per_cpu_map.hpp"
#include "ebpfkit/perf_buffer.hpp"
#include "ebpfkit/program_array_map.hpp"
#include "ebpfkit/queue_map.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "ebpfkit/socket_map.hpp"
#include "ebpfkit/stack_trace_map.hpp"
#include "ebpfkit/user_ring_buffer.hpp"
#include "runtime_map_support.hpp"

namespace {

using ebpfkit::test::counter;
using ebpfkit::test::guarded;
using testing::HasSubstr;
using runtime_map_views = ebpfkit::test::loaded_maps;

TEST_F(runtime_map_views, types_come_from_the_application) {
  const ebpfkit::untyped_map small(map("small"));
  auto typed = small.as<std::uint32_t, std::uint64_t>().value();
  typed.update(1, 2).value();
  EXPECT_EQ(typed.find(1).value(), 2U);
  EXPECT_TRUE((small.as<ebpfkit::map<std::int32_t, std::array<char, 8>>>()));
  const auto wrong_size = small.as<std::uint32_t, std::uint32_t>();
  ASSERT_FALSE(wrong_size);
  EXPECT_EQ(wrong_size.error().code, EINVAL);
  EXPECT_THAT(wrong_size.error().message(), HasSubstr("cannot view map 'small'"));
  EXPECT_THAT(wrong_size.error().remedy,
              HasSubstr("Its values have 8 bytes, the caller's type has 4."));
  EXPECT_TRUE(ebpfkit::untyped_map(map("tasks")).as<ebpfkit::queue_map<std::uint32_t>>());
  EXPECT_TRUE(ebpfkit::untyped_map(map("seen")).as<ebpfkit::bloom_filter_map<std::uint32_t>>());
  const auto wrong_type = ebpfkit::untyped_map(map("seen")).as<ebpfkit::queue_map<std::uint32_t>>();
  ASSERT_FALSE(wrong_type);
  EXPECT_THAT(wrong_type.error().remedy,
              HasSubstr("It has the type bloom_filter, which ebpfkit::queue_map is not for."));
}

std::string declared(const char* name, int type, int key_size, int value_size) {
  return "struct { __uint(type, " + std::to_string(type) + "); __uint(max_entries, 4); " +
         "__uint(key_size, " + std::to_string(key_size) + "); __uint(value_size, " +
         std::to_string(value_size) + "); } " + name + " SEC(\".maps\");\n";
}

// The maps that a class shows, each with a name for the class.
struct shown_maps {
  const ebpfkit::dynamic_object& object;
  std::vector<std::string> found;

  template <class View>
  void try_all(const char* name) {
    for (const auto each : ebpfkit::object_view(object).maps()) {
      if (each.template as<View>())
        found.push_back(std::string(name) + " " + each.name());
    }
  }
};

// Each class is for its own types of maps only, also before load().
TEST_F(runtime_map_views, every_class_knows_its_types) {
  const auto image = ebpfkit::test::compile(
      declared("programs", 3, 4, 4) + declared("events", 4, 4, 4) + declared("stacks", 7, 4, 8) +
      declared("groups", 8, 4, 4) + declared("arrays", 12, 4, 4) + declared("devices", 14, 4, 8) +
      declared("sockets", 15, 4, 8) + declared("cpus", 16, 4, 8) + declared("ports", 18, 16, 8) +
      declared("ring", 27, 0, 0) + declared("storage", 29, 4, 8) + declared("producers", 31, 0, 0));
  const auto opened =
      ebpfkit::dynamic_object::open_bytes(image.data(), image.size(), "every_class");
  ASSERT_TRUE(opened) << opened.error().message();
  shown_maps shown{*opened, {}};
  using key = std::uint32_t;
  using wide_key = std::array<std::uint64_t, 2>;
  shown.try_all<ebpfkit::program_array_map>("program_array");
  shown.try_all<ebpfkit::perf_buffer_map>("perf_buffer");
  shown.try_all<ebpfkit::stack_trace_map>("stack_trace");
  shown.try_all<ebpfkit::map_of_maps<key, ebpfkit::untyped_map>>("maps");
  shown.try_all<ebpfkit::device_map>("device");
  shown.try_all<ebpfkit::cpu_map>("cpu");
  shown.try_all<ebpfkit::socket_map<key>>("socket");
  shown.try_all<ebpfkit::socket_map<wide_key>>("wide socket");
  shown.try_all<ebpfkit::ring_buffer_map>("ring");
  shown.try_all<ebpfkit::user_ring_buffer_map>("user ring");
  shown.try_all<ebpfkit::local_storage_map<std::uint64_t>>("storage");
  shown.try_all<ebpfkit::local_storage_map<key>>("narrow storage");
  shown.try_all<ebpfkit::per_cpu_map<key, std::uint64_t>>("per cpu");
  EXPECT_THAT(shown.found,
              testing::ElementsAre("program_array programs", "perf_buffer events",
                                   "stack_trace stacks", "maps arrays", "device devices",
                                   "cpu cpus", "socket sockets", "wide socket ports", "ring ring",
                                   "user ring producers", "storage storage"));
  const auto groups = opened->find_map<ebpfkit::descriptor_map<>>("groups");
  EXPECT_TRUE(groups) << groups.error().message();
  EXPECT_FALSE(opened->find_map<ebpfkit::descriptor_map<>>("ring"));
  EXPECT_TRUE(opened->find_map("ring"));
}

// The sizes of both are equal on a machine with one CPU.
TEST_F(runtime_map_views, per_cpu_maps_differ_from_plain_maps) {
  const ebpfkit::untyped_map frame_counts(map("frame_counts"));
  EXPECT_TRUE((frame_counts.as<ebpfkit::per_cpu_map<std::uint32_t, counter>>()));
  EXPECT_FALSE((frame_counts.as<std::uint32_t, counter>()));
  const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
  ebpfkit::map<std::uint32_t, counter> as_plain(map("frame_counts"));
  const auto found = as_plain.find(0);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, EINVAL);
  EXPECT_THAT(found.error().remedy, HasSubstr("Map or class has values per CPU, not both"));
  EXPECT_FALSE(as_plain.entries().has_value());
  EXPECT_FALSE(as_plain.update(0, {}).has_value());
  ebpfkit::per_cpu_map<std::uint32_t, std::uint64_t> as_per_cpu(map("small"));
  EXPECT_THAT(as_per_cpu.find(0).error().remedy,
              HasSubstr("Map or class has values per CPU, not both"));
  const std::vector<std::uint64_t> values(cpus);
  EXPECT_FALSE(as_per_cpu.update(0, values).has_value());
  EXPECT_FALSE(as_per_cpu.update_batch({{0, values}}).has_value());
  EXPECT_FALSE(as_per_cpu.entries().has_value());
  EXPECT_FALSE(as_per_cpu.drain([](auto&, auto&) {}).has_value());
  // A wrong size still names both sizes.
  ebpfkit::per_cpu_map<std::uint32_t, std::uint64_t> too_small(map("frame_counts"));
  EXPECT_THAT(too_small.find(0).error().remedy,
              HasSubstr("values have " + std::to_string(cpus * sizeof(counter)) +
                        " bytes, those given have " + std::to_string(cpus * 8) + "."));
}

TEST_F(runtime_map_views, keys_one_by_one_and_all) {
  ebpfkit::map<std::uint32_t, std::uint64_t> small(map("small"));
  EXPECT_FALSE(small.first_key().value().has_value());
  EXPECT_TRUE(small.keys().value().empty());
  for (std::uint32_t key = 1; key <= 3; ++key)
    small.update(key, key).value();
  EXPECT_THAT(small.keys().value(), testing::UnorderedElementsAre(1, 2, 3));
  std::vector<std::uint32_t> walked;
  for (auto key = small.first_key().value(); key; key = small.next_key(*key).value())
    walked.push_back(*key);
  EXPECT_EQ(walked, small.keys().value());
  EXPECT_EQ(small.next_key(99).value(), small.first_key().value());
  const ebpfkit::map<std::uint64_t, std::uint64_t> wrong(map("small"));
  EXPECT_EQ(wrong.first_key().error().code, EINVAL);
}

TEST_F(runtime_map_views, look_up_and_delete) {
  ebpfkit::map<std::uint32_t, std::uint64_t> small(map("small"));
  small.update(1, 42).value();
  EXPECT_EQ(small.take(1).value(), 42U);
  EXPECT_FALSE(small.take(1).value().has_value());
  ebpfkit::map<std::uint32_t, std::uint64_t> cells(map("cells"));
  EXPECT_EQ(cells.take(1).error().code, EINVAL);
}

TEST_F(runtime_map_views, values_are_read_under_their_lock) {
  ebpfkit::map<std::uint32_t, guarded> locked(map("locked"));
  constexpr std::uint64_t lock = 4;  // BPF_F_LOCK
  locked.update(1, {0, 5}).value();
  locked.update(1, {7, 6}, lock).value();
  const auto found = locked.find_locked(1).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->packets, 6U);
  EXPECT_EQ(found->lock, 0U);
  EXPECT_FALSE(locked.find_locked(2).value().has_value());
  const auto no_lock = ebpfkit::map<std::uint32_t, std::uint64_t>(map("small")).find_locked(1);
  ASSERT_FALSE(no_lock);
  EXPECT_THAT(no_lock.error().remedy, HasSubstr("no struct bpf_spin_lock"));
}

TEST_F(runtime_map_views, frozen_maps_are_read_only) {
  ebpfkit::map<std::uint32_t, std::uint64_t> cells(map("cells"));
  cells.update(1, 5).value();
  cells.freeze().value();
  EXPECT_EQ(cells.update(1, 6).error().code, EPERM);
  EXPECT_EQ(cells.find(1).value(), 5U);
  const auto again = cells.freeze();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().code, testing::AnyOf(EPERM, EBUSY));  // the latter before Linux 6.2
  EXPECT_THAT(again.error().remedy, HasSubstr("frozen already"));
  EXPECT_THAT(again.error().message(), HasSubstr("cannot freeze map 'cells'"));
}

}  // namespace
