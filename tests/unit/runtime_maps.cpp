// Each kind of map, one element at a time, together with programs that use it.
#include <errno.h>
#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "ebpfkit/aggregate.hpp"
#include "ebpfkit/bloom_filter_map.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/per_cpu_map.hpp"
#include "ebpfkit/queue_map.hpp"
#include "runtime_map_support.hpp"
#include "system/running_kernel.hpp"

namespace ebpfkit::test {

counter& operator+=(counter& total, const counter& other) {
  total.packets += other.packets;
  total.bytes += other.bytes;
  return total;
}

bool operator<(const counter& left, const counter& right) {
  return left.bytes < right.bytes;
}

}  // namespace ebpfkit::test

// std::vector<bool> differs from other vectors.
template class ebpfkit::per_cpu_map<std::uint32_t, bool>;

namespace {

using ebpfkit::test::counter;
using ebpfkit::test::prefix;
using runtime_maps = ebpfkit::test::loaded_maps;

std::vector<int> cpus_that_are_on() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set))
      cpus.push_back(cpu);
  }
  return cpus;
}

TEST(runtime_aggregate, sums_are_wide) {
  const std::vector<std::uint8_t> bytes{200, 200, 200};
  EXPECT_EQ(ebpfkit::sum(bytes), 600U);
  static_assert(std::is_same_v<decltype(ebpfkit::sum(bytes)), std::uint64_t>);
  const std::vector<int> numbers{-2000000000, -2000000000};
  EXPECT_EQ(ebpfkit::sum(numbers), -4000000000);
  EXPECT_EQ(ebpfkit::sum(std::vector<float>{0.5F, 0.25F}), 0.75);
  EXPECT_EQ(ebpfkit::sum(std::vector<int>{}), 0);
}

TEST(runtime_aggregate, members_and_structs) {
  const std::vector<counter> values{{1, 10}, {5, 2}, {3, 30}};
  EXPECT_EQ(ebpfkit::sum(values, &counter::bytes), 42U);
  EXPECT_EQ(ebpfkit::sum(values, [](const counter& value) { return value.packets * 2; }), 18U);
  EXPECT_EQ(ebpfkit::sum(values).packets, 9U);
  EXPECT_EQ(ebpfkit::max(values, &counter::packets), 5U);
  EXPECT_EQ(ebpfkit::max(values).packets, 3U);
}

TEST(runtime_aggregate, greatest_of_negative_numbers) {
  EXPECT_EQ(ebpfkit::max(std::vector<int>{-5, -2, -9}), -2);
  EXPECT_EQ(ebpfkit::max(std::vector<int>{}), 0);
}

TEST_F(runtime_maps, hash) {
  ebpfkit::map<std::uint32_t, std::uint64_t> small(map("small"));
  EXPECT_FALSE(small.find(1).value().has_value());
  small.update(1, 100).value();
  small.update(1, 101, BPF_EXIST).value();
  EXPECT_EQ(small.find(1).value().value(), 101U);
  const auto exists = small.update(1, 7, BPF_NOEXIST);
  ASSERT_FALSE(exists);
  EXPECT_EQ(exists.error().code, EEXIST);
  for (std::uint32_t key = 2; key <= 4; ++key)
    small.update(key, key).value();
  const auto full = small.update(5, 5);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, E2BIG);
  EXPECT_NE(full.error().message().find("room for 4 entries"), std::string::npos);
  EXPECT_TRUE(small.erase(1).value());
  EXPECT_FALSE(small.erase(1).value());
  EXPECT_EQ(small.entries().value().size(), 3U);
}

TEST_F(runtime_maps, least_recently_used_entries_make_room) {
  ebpfkit::map<std::uint32_t, std::uint64_t> recent(map("recent"));
  for (std::uint32_t key = 0; key < 1000; ++key)
    recent.update(key, key).value();
  EXPECT_EQ(recent.find(999).value().value(), 999U);
  std::size_t count = 0;
  recent
      .for_each([&](std::uint32_t key, std::uint64_t value) {
        EXPECT_EQ(key, value);
        ++count;
      })
      .value();
  EXPECT_GT(count, 0U);
  EXPECT_LE(count, 128U);
  ebpfkit::per_cpu_map<std::uint32_t, std::uint64_t> by_process(map("recent_by_process"));
  const std::vector<std::uint64_t> values(static_cast<std::size_t>(libbpf_num_possible_cpus()), 3);
  for (std::uint32_t key = 0; key < 1000; ++key)
    by_process.update(key, values).value();
  EXPECT_EQ(by_process.sum(999).value().value(), 3 * values.size());
}

TEST_F(runtime_maps, array) {
  ebpfkit::map<std::uint32_t, std::uint64_t> cells(map("cells"));
  EXPECT_EQ(cells.find(9999).value().value(), 0U);
  EXPECT_FALSE(cells.find(10000).value().has_value());
  cells.update(9999, 5).value();
  std::uint64_t sum = 0;
  std::uint32_t next = 0;
  cells
      .for_each([&](std::uint32_t key, std::uint64_t value) {
        EXPECT_EQ(key, next++);
        sum += value;
      })
      .value();
  EXPECT_EQ(next, 10000U);
  EXPECT_EQ(sum, 5U);
  const auto beyond = cells.update(10000, 1);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, E2BIG);
  const auto erased = cells.erase(1);
  ASSERT_FALSE(erased);
  EXPECT_EQ(erased.error().code, EINVAL);
  EXPECT_NE(erased.error().remedy.find("set them to zero"), std::string::npos);
}

TEST_F(runtime_maps, values_of_all_cpus_become_one) {
  const auto cpus = cpus_that_are_on();
  ASSERT_FALSE(cpus.empty());
  std::uint64_t bytes = 0;
  for (const int cpu : cpus) {
    const auto some = 10 + static_cast<std::uint64_t>(cpu);
    ASSERT_EQ(run("count", {2, some}, cpu), 0);
    ASSERT_EQ(run("count", {2, some}, cpu), 0);
    bytes += 2 * some;
  }
  const ebpfkit::per_cpu_map<std::uint32_t, counter> frame_counts(map("frame_counts"));
  const auto values = frame_counts.find(2).value().value();
  EXPECT_EQ(values.size(), static_cast<std::size_t>(libbpf_num_possible_cpus()));
  for (const int cpu : cpus)
    EXPECT_EQ(values[static_cast<std::size_t>(cpu)].packets, 2U);
  EXPECT_EQ(frame_counts.sum(2, &counter::packets).value().value(), 2 * cpus.size());
  EXPECT_EQ(frame_counts.sum(2).value().value().bytes, bytes);
  EXPECT_EQ(frame_counts.max(2, &counter::packets).value().value(), 2U);
  EXPECT_EQ(frame_counts.max(2).value().value().bytes,
            2 * (10 + static_cast<std::uint64_t>(cpus.back())));
  const auto folded =
      frame_counts
          .fold(2, 1.0,
                [](double total, const counter& value) {
                  return total * static_cast<double>(std::max<std::uint64_t>(value.packets, 1));
                })
          .value();
  EXPECT_EQ(folded.value(), static_cast<double>(1ULL << cpus.size()));
  EXPECT_EQ(frame_counts.sum(0).value().value().packets, 0U);
  EXPECT_FALSE(frame_counts.sum(4).value().has_value());
  EXPECT_FALSE(frame_counts.max(4, &counter::bytes).value().has_value());
}

TEST_F(runtime_maps, wrong_number_of_cpus) {
  ebpfkit::per_cpu_map<std::uint32_t, std::uint32_t> by_process(map("by_process"));
  const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
  for (const auto& updated :
       {by_process.update(1, std::vector<std::uint32_t>(cpus + 1)), by_process.update(1, {}),
        by_process.update_batch({{1, std::vector<std::uint32_t>(cpus + 1)}})}) {
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code, EINVAL);
  }
  EXPECT_TRUE(by_process.entries().value().empty());
}

TEST_F(runtime_maps, one_cpu_is_updated) {
  ebpfkit::per_cpu_map<std::uint32_t, counter> frame_counts(map("frame_counts"));
  const auto before = frame_counts.find(3).value().value();
  const auto last = static_cast<std::uint32_t>(before.size()) - 1;
  const auto updated = frame_counts.update_on_cpu(3, last, {7, 8});
  auto expected = before;
  if (ebpfkit::detail::is_older(ebpfkit::detail::running_kernel_version(), {7, 0})) {
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code, EOPNOTSUPP);
    EXPECT_EQ(updated.error().remedy.find("updates of one CPU's value need Linux 7.0"), 0U);
  } else {
    ASSERT_TRUE(updated) << updated.error().message();
    expected[last] = {7, 8};
  }
  const auto after = frame_counts.find(3).value().value();
  for (std::size_t cpu = 0; cpu < after.size(); ++cpu)
    EXPECT_EQ(after[cpu].packets, expected[cpu].packets) << cpu;
  const auto no_cpu = frame_counts.update_on_cpu(3, last + 1, {7, 8});
  ASSERT_FALSE(no_cpu);
  EXPECT_EQ(no_cpu.error().code, ERANGE);
  EXPECT_EQ(no_cpu.error().remedy, "The system has CPUs 0 to " + std::to_string(last) + '.');
  const auto wrong = ebpfkit::per_cpu_map<std::uint32_t, std::uint32_t>(map("frame_counts"))
                         .update_on_cpu(3, 0, 7);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, EINVAL);
}

TEST_F(runtime_maps, queue_gives_the_oldest_first) {
  ebpfkit::queue_map<std::uint32_t> tasks(map("tasks"));
  EXPECT_FALSE(tasks.peek().value().has_value());
  EXPECT_FALSE(tasks.pop().value().has_value());
  for (std::uint32_t value = 1; value <= 8; ++value)
    tasks.push(value).value();
  const auto full = tasks.push(9);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, E2BIG);
  EXPECT_NE(full.error().remedy.find("8 entries"), std::string::npos);
  tasks.push(9, BPF_EXIST).value();
  EXPECT_EQ(tasks.peek().value().value(), 2U);
  EXPECT_EQ(tasks.pop().value().value(), 2U);
  EXPECT_EQ(run("work", {}), 6);
  std::vector<std::uint32_t> rest;
  EXPECT_EQ(tasks.drain([&](std::uint32_t value) { rest.push_back(value); }).value(), 6U);
  EXPECT_EQ(rest, (std::vector<std::uint32_t>{4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE(tasks.pop().value().has_value());
}

TEST_F(runtime_maps, stack_gives_the_newest_first) {
  ebpfkit::queue_map<std::uint32_t> undo(map("undo"));
  for (std::uint32_t value = 1; value <= 3; ++value)
    undo.push(value).value();
  EXPECT_EQ(undo.peek().value().value(), 3U);
  EXPECT_EQ(undo.pop().value().value(), 3U);
  EXPECT_EQ(undo.pop().value().value(), 2U);
  EXPECT_EQ(undo.pop().value().value(), 1U);
  EXPECT_FALSE(undo.pop().value().has_value());
}

TEST_F(runtime_maps, bloom_filter) {
  ebpfkit::bloom_filter_map<std::uint32_t> seen(map("seen"));
  EXPECT_FALSE(seen.may_contain(10).value());
  seen.add(10).value();
  EXPECT_TRUE(seen.may_contain(10).value());
  ebpfkit::queue_map<std::uint32_t>(map("tasks")).push(21).value();
  EXPECT_EQ(run("work", {}), 42);
  EXPECT_TRUE(seen.may_contain(42).value());
  EXPECT_FALSE(seen.may_contain(21).value());
}

TEST_F(runtime_maps, trie_finds_the_longest_prefix) {
  ebpfkit::map<prefix, std::uint32_t> routes(map("routes"));
  routes.update({8, {10, 0, 0, 0}}, 1).value();
  routes.update({16, {10, 1, 0, 0}}, 2).value();
  routes.update({24, {10, 1, 2, 0}}, 3).value();
  routes.update({0, {}}, 9).value();
  EXPECT_EQ(routes.find({32, {10, 1, 2, 3}}).value().value(), 3U);
  EXPECT_EQ(routes.find({32, {10, 1, 9, 9}}).value().value(), 2U);
  EXPECT_EQ(routes.find({12, {10, 1, 2, 3}}).value().value(), 1U);
  EXPECT_EQ(run("route", {10, 200, 0, 1}), 1);
  EXPECT_EQ(run("route", {192, 168, 0, 1}), 9);
  // erase() takes only the exact prefix.
  EXPECT_FALSE(routes.erase({32, {10, 1, 2, 3}}).value());
  EXPECT_TRUE(routes.erase({16, {10, 1, 0, 0}}).value());
  EXPECT_EQ(routes.find({32, {10, 1, 9, 9}}).value().value(), 1U);
}

TEST_F(runtime_maps, trie_shows_longer_prefixes_first) {
  ebpfkit::map<prefix, std::uint32_t> routes(map("routes"));
  for (const std::uint32_t length : {0U, 24U, 8U, 32U, 16U})
    routes.update({length, {10, 1, 2, 3}}, length).value();
  std::vector<std::uint32_t> visited;
  routes
      .for_each([&](const prefix& key, std::uint32_t value) {
        EXPECT_EQ(key.length, value);
        visited.push_back(value);
      })
      .value();
  EXPECT_EQ(visited, (std::vector<std::uint32_t>{32, 24, 16, 8, 0}));
}

// When the kernel looks for the entry after a prefix that is gone, it begins the trie again.
TEST_F(runtime_maps, visitor_of_a_trie_may_erase_its_entry) {
  ebpfkit::map<prefix, std::uint32_t> routes(map("routes"));
  for (std::uint8_t i = 0; i < 200; ++i)
    routes.update({24, {10, 1, i, 0}}, i).value();
  std::multiset<std::uint32_t> visited;
  routes
      .for_each([&](const prefix& key, std::uint32_t value) {
        visited.insert(value);
        const bool goes = value % 3 != 0;
        EXPECT_EQ(goes && routes.erase(key).value(), goes);
      })
      .value();
  EXPECT_EQ(visited.size(), 200U);
  EXPECT_EQ(std::set<std::uint32_t>(visited.begin(), visited.end()).size(), 200U);
  EXPECT_EQ(routes.entries().value().size(), 67U);
}

TEST_F(runtime_maps, wrong_sizes_do_not_touch_memory) {
  struct wide {
    std::uint64_t half[2];
  };
  const auto expect_refused = [](const auto& outcome, const char* sizes) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, EINVAL);
    EXPECT_NE(outcome.error().remedy.find(sizes), std::string::npos) << outcome.error().remedy;
  };
  const char* values = "values have 8 bytes, those given have 16";
  ebpfkit::map<std::uint32_t, wide> wrong_value(map("small"));
  expect_refused(wrong_value.find(1), values);
  expect_refused(wrong_value.update(1, {}), values);
  expect_refused(wrong_value.for_each([](std::uint32_t, const wide&) { FAIL(); }), values);
  expect_refused(wrong_value.entries(), values);
  expect_refused(wrong_value.update_batch({{1, {}}}), values);
  expect_refused(wrong_value.drain([](std::uint32_t, const wide&) { FAIL(); }), values);
  const char* keys = "keys have 4 bytes, those given have 8";
  ebpfkit::map<std::uint64_t, std::uint64_t> wrong_key(map("small"));
  expect_refused(wrong_key.find(1), keys);
  expect_refused(wrong_key.erase(1), keys);
  expect_refused(wrong_key.erase_batch({1}), keys);
  expect_refused(wrong_key.entries(), keys);
  ebpfkit::queue_map<std::uint64_t> queue(map("tasks"));
  const char* elements = "values have 4 bytes, those given have 8";
  expect_refused(queue.push(1), elements);
  expect_refused(queue.pop(), elements);
  expect_refused(queue.peek(), elements);
  const ebpfkit::bloom_filter_map<std::uint64_t> filter(map("seen"));
  expect_refused(filter.may_contain(1), elements);
  // A queue is not a table.
  const ebpfkit::map<std::uint32_t, std::uint32_t> queue_with_keys(map("tasks"));
  expect_refused(queue_with_keys.find(1), "keys have 0 bytes");
  // A per-CPU view refuses other maps, and other views refuse per-CPU maps.
  const char* kind = "Map or class has values per CPU, not both";
  expect_refused(ebpfkit::per_cpu_map<std::uint32_t, std::uint64_t>(map("cells")).sum(1), kind);
  expect_refused(ebpfkit::map<std::uint32_t, counter>(map("frame_counts")).entries(), kind);
}

TEST_F(runtime_maps, use_before_load) {
  const ebpfkit::test::opened_object object(ebpfkit::test::map_programs_image());
  ASSERT_TRUE(object);
  const auto expect_refused = [](const auto& outcome) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, EBADF) << outcome.error().message();
    EXPECT_EQ(outcome.error().remedy, "Load the object first.");
  };
  ebpfkit::map<std::uint32_t, std::uint64_t> small(object.map("small"));
  EXPECT_EQ(small.fd(), -1);
  expect_refused(small.find(1));
  expect_refused(small.update(1, 1));
  expect_refused(small.erase(1));
  expect_refused(small.for_each([](std::uint32_t, std::uint64_t) {}));
  expect_refused(small.entries());
  expect_refused(small.update_batch({{1, 1}}));
  expect_refused(small.erase_batch({1}));
  expect_refused(small.drain([](std::uint32_t, std::uint64_t) {}));
  expect_refused(small.pin("/sys/fs/bpf/ebpfkit_not_loaded"));
  expect_refused(small.unpin("/sys/fs/bpf/ebpfkit_not_loaded"));
  ebpfkit::map<prefix, std::uint32_t> routes(object.map("routes"));
  expect_refused(routes.for_each([](const prefix&, std::uint32_t) {}));
  ebpfkit::per_cpu_map<std::uint32_t, counter> frame_counts(object.map("frame_counts"));
  expect_refused(frame_counts.sum(1, &counter::bytes));
  ebpfkit::queue_map<std::uint32_t> tasks(object.map("tasks"));
  expect_refused(tasks.push(1));
  expect_refused(tasks.pop());
  expect_refused(tasks.peek());
  expect_refused(ebpfkit::bloom_filter_map<std::uint32_t>(object.map("seen")).add(1));
}

}  // namespace
