// Many elements at a time, on this kernel and, as far as system calls matter, on older ones.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ebpfkit/map.hpp"
#include "ebpfkit/per_cpu_map.hpp"
#include "runtime_map_support.hpp"

namespace {

using ebpfkit::test::counter;
using ebpfkit::test::guarded;
using ebpfkit::test::large_value;
using ebpfkit::test::prefix;

constexpr unsigned look_up_and_delete_command = BPF_MAP_LOOKUP_AND_DELETE_ELEM;
constexpr unsigned first_batch_command = BPF_MAP_LOOKUP_BATCH;
constexpr unsigned last_batch_command = BPF_MAP_DELETE_BATCH;
constexpr int kernel_enotsupp = 524;

bool take_effect(sock_filter* rules, std::size_t count) {
  sock_fprog program{static_cast<unsigned short>(count), rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// The low half of the first argument, in this machine's byte order.
constexpr unsigned first_argument =
    offsetof(seccomp_data, args) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);

// Makes bpf(2) fail in this thread with `code` for the commands that older kernels lack.
bool forbid_newer_commands(int code) {
  const auto answer = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(code);
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first_argument),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, look_up_and_delete_command, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_batch_command, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last_batch_command, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return take_effect(rules, std::size(rules));
}

// Makes the update of a single element fail in this thread.
bool forbid_single_updates() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first_argument),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_MAP_UPDATE_ELEM, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return take_effect(rules, std::size(rules));
}

struct kernel_age {
  const char* name;
  int code;  // errno of bpf(2) for batches; 0: the kernel has them
};

void PrintTo(const kernel_age& age, std::ostream* stream) {
  *stream << age.name;
}

class runtime_map_batches : public ebpfkit::test::loaded_maps,
                            public testing::WithParamInterface<kernel_age> {
 protected:
  // Runs the body of a test in a thread. The limits end with the thread.
  template <class F>
  void on_that_kernel(F&& body) {
    std::thread([&] {
      if (GetParam().code != 0) {
        ASSERT_TRUE(forbid_newer_commands(GetParam().code));
        std::uint32_t count = 1;
        unsigned char memory[64];
        ASSERT_NE(bpf_map_lookup_batch(bpf_map__fd(map("table")), nullptr, memory, memory, memory,
                                       &count, nullptr),
                  0);
        ASSERT_EQ(errno, GetParam().code);
      }
      body();
    }).join();
  }
};

// Linux before 5.6 does not know the commands. Later versions know them, but not for all types of
// map.
INSTANTIATE_TEST_SUITE_P(kernels, runtime_map_batches,
                         testing::Values(kernel_age{"this", 0}, kernel_age{"before_5_6", EINVAL},
                                         kernel_age{"without_type", kernel_enotsupp}),
                         [](const auto& test) { return std::string(test.param.name); });

using table_map = ebpfkit::map<std::uint32_t, counter>;

std::vector<table_map::entry_type> numbered(std::uint32_t count) {
  std::vector<table_map::entry_type> entries;
  for (std::uint32_t key = 0; key < count; ++key)
    entries.push_back({key, {key * 3ULL, key}});
  return entries;
}

TEST_P(runtime_map_batches, empty_map) {
  on_that_kernel([&] {
    table_map table(map("table"));
    EXPECT_TRUE(table.entries().value().empty());
    table.for_each([](std::uint32_t, const counter&) { FAIL(); }).value();
    EXPECT_EQ(table.drain([](std::uint32_t, const counter&) { FAIL(); }).value(), 0U);
    table.update_batch({}).value();
    EXPECT_EQ(table.erase_batch({}).value(), 0U);
    EXPECT_EQ(table.erase_batch({1, 2, 3}).value(), 0U);
    EXPECT_TRUE((ebpfkit::map<prefix, std::uint32_t>(map("routes")).entries().value().empty()));
  });
}

TEST_P(runtime_map_batches, hash) {
  on_that_kernel([&] {
    constexpr std::uint32_t count = 20000;  // the map is full, and takes several batches
    table_map table(map("table"));
    table.update_batch(numbered(count)).value();
    std::set<std::uint32_t> seen;
    table
        .for_each([&](std::uint32_t key, const counter& value) {
          EXPECT_EQ(value.packets, key * 3ULL);
          EXPECT_TRUE(seen.insert(key).second);
        })
        .value();
    EXPECT_EQ(seen.size(), count);
    const auto full = table.update_batch({{count, {}}});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, E2BIG);

    std::vector<std::uint32_t> odd{4000000};  // neither this one nor the last is there
    for (std::uint32_t key = 1; key < count; key += 2)
      odd.push_back(key);
    odd.push_back(1);
    EXPECT_EQ(table.erase_batch(odd).value(), count / 2);
    auto entries = table.entries().value();
    EXPECT_EQ(entries.size(), count / 2);
    EXPECT_TRUE(std::all_of(entries.begin(), entries.end(),
                            [](const auto& entry) { return entry.first % 2 == 0; }));

    std::uint64_t sum = 0;
    const auto drained = table.drain([&](std::uint32_t key, const counter& value) {
      EXPECT_EQ(key, value.bytes);
      sum += key;
    });
    EXPECT_EQ(drained.value(), count / 2);
    EXPECT_EQ(sum, 99990000U);
    EXPECT_TRUE(table.entries().value().empty());
  });
}

TEST_P(runtime_map_batches, visitor_may_erase_its_entry) {
  on_that_kernel([&] {
    table_map table(map("table"));
    table.update_batch(numbered(20000)).value();
    std::size_t visited = 0;
    table
        .for_each([&](std::uint32_t key, const counter&) {
          ++visited;
          const bool goes = key % 5 != 0;
          EXPECT_EQ(goes && table.erase(key).value(), goes);
        })
        .value();
    EXPECT_EQ(visited, 20000U);
    EXPECT_EQ(table.entries().value().size(), 4000U);
  });
}

TEST_P(runtime_map_batches, flags) {
  on_that_kernel([&] {
    table_map table(map("table"));
    table.update_batch(numbered(10), BPF_NOEXIST).value();
    const auto again = table.update_batch(numbered(11), BPF_NOEXIST);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, EEXIST);
    table.update_batch(numbered(10), BPF_EXIST).value();
    const auto missing = table.update_batch(numbered(11), BPF_EXIST);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ENOENT);
  });
}

TEST_P(runtime_map_batches, values_with_a_lock) {
  on_that_kernel([&] {
    ebpfkit::map<std::uint32_t, guarded> locked(map("locked"));
    locked.update_batch({{1, {0, 10}}, {2, {0, 20}}}, BPF_F_LOCK).value();
    locked.update(3, {0, 30}, BPF_F_LOCK).value();
    auto entries = locked.entries().value();
    std::sort(entries.begin(), entries.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    ASSERT_EQ(entries.size(), 3U);
    for (const auto& [key, value] : entries)
      EXPECT_EQ(value.packets, key * 10);
    // The flag reaches the kernel: these values have no lock.
    table_map table(map("table"));
    const auto batch = table.update_batch(numbered(1), BPF_F_LOCK);
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code, EINVAL);
    const auto single = table.update(0, {}, BPF_F_LOCK);
    ASSERT_FALSE(single);
    EXPECT_EQ(single.error().code, EINVAL);
  });
}

TEST_P(runtime_map_batches, values_with_a_lock_go_in_batches) {
  if (GetParam().code != 0)
    return;
  on_that_kernel([&] {
    ASSERT_TRUE(forbid_single_updates());
    ebpfkit::map<std::uint32_t, guarded> locked(map("locked"));
    const auto updated = locked.update_batch({{1, {0, 10}}, {2, {0, 20}}}, BPF_F_LOCK);
    EXPECT_TRUE(updated) << updated.error().message();
    EXPECT_EQ(locked.entries().value().size(), 2U);
  });
}

TEST_P(runtime_map_batches, array) {
  on_that_kernel([&] {
    ebpfkit::map<std::uint32_t, std::uint64_t> cells(map("cells"));
    std::vector<std::pair<std::uint32_t, std::uint64_t>> entries;
    for (std::uint32_t key = 0; key < 10000; ++key)
      entries.emplace_back(key, key + 7ULL);
    cells.update_batch(entries).value();
    EXPECT_EQ(cells.entries().value(), entries);
    const auto drained = cells.drain([](std::uint32_t, std::uint64_t) { FAIL(); });
    ASSERT_FALSE(drained);
    EXPECT_EQ(drained.error().code, EINVAL);
    const auto erased = cells.erase_batch({1});
    ASSERT_FALSE(erased);
    EXPECT_NE(erased.error().remedy.find("set them to zero"), std::string::npos);
    EXPECT_EQ(cells.entries().value(), entries);
  });
}

TEST_P(runtime_map_batches, one_value_for_each_cpu) {
  on_that_kernel([&] {
    ebpfkit::per_cpu_map<std::uint32_t, std::uint32_t> by_process(map("by_process"));
    const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
    std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> entries;
    for (std::uint32_t key = 0; key < 3000; ++key) {
      std::vector<std::uint32_t> values(cpus);
      for (std::size_t cpu = 0; cpu < cpus; ++cpu)
        values[cpu] = key + 10000 * static_cast<std::uint32_t>(cpu);
      entries.emplace_back(key, values);
    }
    by_process.update_batch(entries).value();
    auto found = by_process.entries().value();
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, entries);
    EXPECT_EQ(by_process.erase_batch({5, 5, 6}).value(), 2U);
    std::size_t visits = 0;
    const auto drained =
        by_process.drain([&](std::uint32_t key, const std::vector<std::uint32_t>& values) {
          EXPECT_EQ(values, entries[key].second);
          ++visits;
        });
    EXPECT_EQ(visits, 2998U);
    EXPECT_EQ(drained.value(), 2998U);
    EXPECT_FALSE(by_process.find(7).value().has_value());
  });
}

TEST_P(runtime_map_batches, trie) {
  on_that_kernel([&] {
    ebpfkit::map<prefix, std::uint32_t> routes(map("routes"));
    std::vector<std::pair<prefix, std::uint32_t>> entries;
    for (std::uint32_t i = 0; i < 1000; ++i)
      entries.push_back(
          {{32, {10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)}},
           i});
    routes.update_batch(entries).value();
    std::uint32_t next = 0;
    for (const auto& [key, value] : routes.entries().value()) {  // in the order of the addresses
      EXPECT_EQ(value, next++);
      EXPECT_EQ(key.address[3], static_cast<std::uint8_t>(value));
    }
    EXPECT_EQ(next, 1000U);
    EXPECT_EQ(routes.erase_batch({entries[3].first, entries[4].first, entries[3].first}).value(),
              2U);
    std::set<std::uint32_t> drained;
    const auto insert = [&](const prefix&, std::uint32_t value) { drained.insert(value); };
    EXPECT_EQ(routes.drain(insert).value(), 998U);
    EXPECT_EQ(drained.size(), 998U);
    EXPECT_TRUE(routes.entries().value().empty());
  });
}

// jhash of one word with seed 0 (linux/jhash.h). A hash with BPF_F_ZERO_SEED chooses the bucket of
// a key with it.
std::uint32_t jhash(std::uint32_t key) {
  const auto rotated = [](std::uint32_t word, int bits) {
    return word << bits | word >> (32 - bits);
  };
  std::uint32_t a = 0xdeadbeef + 4;
  std::uint32_t b = a;
  std::uint32_t c = a;
  a += key;
  c = (c ^ b) - rotated(b, 14);
  a = (a ^ c) - rotated(c, 11);
  b = (b ^ a) - rotated(a, 25);
  c = (c ^ b) - rotated(b, 16);
  a = (a ^ c) - rotated(c, 4);
  b = (b ^ a) - rotated(a, 14);
  return (c ^ b) - rotated(b, 24);
}

// The kernel gives only whole buckets. It fails with ENOSPC when a bucket has more entries than
// there is room for.
TEST_P(runtime_map_batches, room_grows_with_crowded_buckets) {
  on_that_kernel([&] {
    ebpfkit::map<std::uint32_t, large_value> crowded(map("crowded"));
    std::vector<std::uint32_t> keys;
    for (std::uint32_t key = 0; keys.size() < 60; ++key) {
      if (jhash(key) % 64 == 9)
        keys.push_back(key);
    }
    for (const auto key : keys) {
      large_value value{};
      value.number = key;
      crowded.update(key, value).value();
    }
    if (GetParam().code == 0) {
      std::vector<unsigned char> memory(40 * sizeof(large_value));
      std::uint32_t place = 0;
      std::uint32_t count = 40;
      std::uint32_t some_keys[40];
      ASSERT_NE(bpf_map_lookup_batch(crowded.fd(), nullptr, &place, some_keys, memory.data(),
                                     &count, nullptr),
                0);
      ASSERT_EQ(errno, ENOSPC) << "the keys are in more than one bucket";
    }
    EXPECT_EQ(crowded.entries().value().size(), 60U);
    std::vector<std::uint32_t> drained;
    const auto count = crowded.drain([&](std::uint32_t key, const large_value& value) {
      EXPECT_EQ(key, value.number);
      drained.push_back(key);
    });
    EXPECT_EQ(count.value(), 60U);
    std::sort(drained.begin(), drained.end());
    EXPECT_EQ(drained, keys);
  });
}

using runtime_map_changes = ebpfkit::test::loaded_maps;

// A program inserts every key once. drain() must lose no key and see no key twice.
TEST_F(runtime_map_changes, drain_takes_each_entry_once) {
  table_map table(map("table"));
  constexpr std::uint32_t count = 200000;  // ten times what the map can hold
  std::atomic<bool> ends{false};
  std::thread producer([&] {
    for (std::uint32_t key = 0; key < count;) {
      const int inserted = run("insert", {key, std::min(count - key, 100U)});
      ASSERT_GE(inserted, 0);
      key += static_cast<std::uint32_t>(inserted);
    }
    ends = true;
  });
  std::vector<std::uint8_t> seen(count);
  for (bool last = false; !last;) {
    last = ends;
    const auto done = table.drain([&](std::uint32_t key, const counter& value) {
      EXPECT_EQ(value.packets, key);
      ++seen.at(key);
    });
    if (!done && done.error().code != EAGAIN) {
      ADD_FAILURE() << done.error().message();
      break;
    }
  }
  producer.join();
  EXPECT_TRUE(table.entries().value().empty());
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(count));
}

// An entry that stays in the map all the time is seen once.
TEST_F(runtime_map_changes, entries_that_stay_are_seen) {
  table_map table(map("table"));
  table.update_batch(numbered(1000)).value();
  std::atomic<bool> ends{false};
  std::thread changer([&] {
    for (std::uint32_t key = 1000; !ends; key = 1000 + (key + 1) % 5000) {
      static_cast<void>(table.update(key, {}));
      static_cast<void>(table.erase(1000 + (key + 2500) % 5000));
    }
  });
  for (int round = 0; round < 200; ++round) {
    std::vector<int> seen(1000);
    for (const auto& [key, value] : table.entries().value()) {
      if (key < 1000)
        ++seen[key];
    }
    if (std::count(seen.begin(), seen.end(), 1) != 1000) {
      ADD_FAILURE() << "round " << round;
      break;
    }
  }
  ends = true;
  changer.join();
}

}  // namespace
