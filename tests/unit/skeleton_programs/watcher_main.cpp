// Uses the skeleton of watcher.bpf.c on the running kernel. Exits with 0 when every figure is
// right.
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "watcher.skel.hpp"

namespace {

int failures = 0;

template <class T, class U>
void expect_equal(const char* what, const T& found, const U& expected) {
  if (found == static_cast<T>(expected))
    return;
  ++failures;
  fprintf(stderr, "%s: found %lld, expected %lld\n", what, static_cast<long long>(found),
          static_cast<long long>(expected));
}

void call_getpgid(int times) {
  for (int i = 0; i < times; ++i)
    static_cast<void>(syscall(SYS_getpgid, 0));
}

void check_counters(ebpf::watcher& watcher, std::uint64_t expected) {
  auto call_counts = watcher.maps().call_counts;
  const auto sum =
      call_counts
          .fold(1U, std::uint64_t{0},
                [](std::uint64_t total, const auto& value) { return total + value.calls; })
          .value();
  expect_equal("sum over CPUs", sum.value_or(0), expected);
  expect_equal("sum of a member",
               call_counts.sum(1U, &ebpf::watcher::counter::calls).value().value_or(0), expected);
  expect_equal("greatest member",
               call_counts.max(1U, &ebpf::watcher::counter::last_process).value().value_or(0),
               getpid());
  expect_equal("no such key", call_counts.find(2U).value().has_value(), false);
  std::size_t keys = 0;
  call_counts.for_each([&](std::uint32_t, const std::vector<ebpf::watcher::counter>&) { ++keys; })
      .value();
  expect_equal("keys of the array", keys, 2U);
}

void check_table(ebpf::watcher& watcher) {
  auto table = watcher.maps().table;
  for (std::uint32_t key = 0; key < 10; ++key) {
    ebpf::watcher::counter value{};
    value.calls = key * 100ULL;
    table.update(key, value).value();
  }
  expect_equal("value", table.find(3U).value().value().calls, 300U);
  expect_equal("erased", table.erase(3U).value(), true);
  expect_equal("erased again", table.erase(3U).value(), false);
  // for_each() may erase the entry that it visits.
  std::uint64_t sum = 0;
  table
      .for_each([&](const std::uint32_t& key, const ebpf::watcher::counter& value) {
        sum += value.calls;
        table.erase(key).value();
      })
      .value();
  expect_equal("sum of the table", sum, 4200U);
  expect_equal("empty table", table.find(4U).value().has_value(), false);
  constexpr std::uint64_t only_existing = 2;  // BPF_EXIST
  const auto refused = table.update(4U, {}, only_existing);
  expect_equal("update of a missing key", refused ? 0 : refused.error().code, ENOENT);
}

// Checks the views of the other kinds of maps, after three calls of the program.
void check_kinds(ebpf::watcher& watcher) {
  auto maps = watcher.maps();
  expect_equal("oldest in the queue", maps.latest.peek().value().value().last_process, getpid());
  expect_equal("length of the queue", maps.latest.drain([](const auto&) {}).value(), 3U);
  expect_equal("queue is empty", maps.latest.pop().value().has_value(), false);
  maps.undo.push(1U).value();
  maps.undo.push(2U).value();
  expect_equal("top of the stack", maps.undo.pop().value().value(), 2U);
  maps.seen.add(1000U).value();
  expect_equal("in the filter", maps.seen.may_contain(1000U).value(), true);
  expect_equal("not in the filter", maps.seen.may_contain(1001U).value(), false);
  maps.recent.update({1, 2}, 3U).value();
  expect_equal("LRU", maps.recent.find({1, 2}).value().value(), 3U);
  maps.routes.update_batch({{{8, {10, 0, 0, 0}}, 1}, {{16, {10, 1, 0, 0}}, 2}}).value();
  expect_equal("longest prefix", maps.routes.find({32, {10, 1, 2, 3}}).value().value(), 2U);
  expect_equal("prefixes", maps.routes.entries().value().size(), 2U);
}

// `before` was opened before the three calls.
void check_perf_buffer(ebpfkit::perf_buffer& before, const std::vector<std::uint64_t>& calls) {
  using namespace std::chrono_literals;
  expect_equal("perf records", before.poll(1s).value(), 3);
  expect_equal("perf records seen", calls.size(), 3U);
  expect_equal("lost perf records", before.lost(), 0U);
}

void check_pull(ebpf::watcher& watcher) {
  using namespace std::chrono_literals;
  call_getpgid(1);
  auto reader = watcher.maps().calls.open_reader().value();
  expect_equal("pulled", reader.next<ebpf::watcher::call>(1s).value().value().number, 106U);
  expect_equal("nothing to pull", reader.next().value().has_value(), false);
}

void check_ring_buffer(ebpf::watcher& watcher) {
  struct longer {
    ebpf::watcher::call call;
    char more[8];
  };
  using namespace std::chrono_literals;
  std::vector<ebpf::watcher::call> seen;
  auto reader = watcher.maps()
                    .calls
                    .subscribe<ebpf::watcher::call>(
                        [&](const ebpf::watcher::call& call) { seen.push_back(call); })
                    .value();
  expect_equal("records", reader.poll(1s).value(), 3);
  expect_equal("records of the vector", seen.size(), 3U);
  expect_equal("number", seen.empty() ? 0 : seen.front().number, 101U);
  expect_equal("kind", seen.empty() ? -1 : static_cast<int>(seen.front().kind),
               static_cast<int>(ebpf::watcher::CALL_WATCHED));
  expect_equal("nothing left", reader.poll(0ms).value(), 0);

  // The type is longer than the records.
  call_getpgid(1);
  auto strict = watcher.maps().calls.subscribe<longer>([](const longer&) { ++failures; }).value();
  const auto refused = strict.poll(1s);
  expect_equal("short record", refused ? 0 : refused.error().code, EMSGSIZE);

  // An exception passes through libbpf's C code unharmed.
  call_getpgid(1);
  auto throwing =
      watcher.maps().calls.subscribe([](const void*, std::size_t) { throw 42; }).value();
  try {
    throwing.poll(1s).value();
    ++failures;
  } catch (int number) {
    expect_equal("thrown", number, 42);
  }
}

void check_xdp(ebpf::watcher& watcher) {
  if (unshare(CLONE_NEWNET) != 0)
    return;
  auto program = watcher.programs().pass;
  {
    const auto attached = program.attach_xdp(if_nametoindex("lo")).value();
    expect_equal("attached", static_cast<bool>(attached), true);
    const auto second = program.attach_xdp(if_nametoindex("lo"));
    expect_equal("attached twice", second ? 0 : second.error().code, EBUSY);
  }
  const auto nowhere = program.attach_xdp(12345);
  expect_equal("no such interface", nowhere ? 0 : nowhere.error().code, EINVAL);
  const auto by_section = program.attach();
  expect_equal("XDP by its section", by_section ? 0 : by_section.error().code, EOPNOTSUPP);
}

}  // namespace

int main() {
  try {
    auto watcher = ebpf::watcher::open().value();
    watcher.rodata().watched_process = getpid();
    watcher.rodata().report_limit = 100;
    watcher.data().threshold = 100;
    const auto too_early = watcher.maps().table.find(1U);
    expect_equal("find before load", static_cast<bool>(too_early), false);
    watcher.load().value();
    watcher.attach().value();
    watcher.attach().value();  // nothing is left to attach

    auto moved = std::move(watcher);
    std::vector<std::uint64_t> calls;
    auto events =
        moved.maps()
            .events
            .subscribe<ebpf::watcher::counter>(
                [&](int, const ebpf::watcher::counter& counter) { calls.push_back(counter.calls); })
            .value();
    call_getpgid(3);
    check_counters(moved, 3);
    check_kinds(moved);
    check_perf_buffer(events, calls);
    check_table(moved);
    check_ring_buffer(moved);
    check_counters(moved, 5);
    check_pull(moved);
    expect_equal("rodata after load", std::as_const(moved).rodata().watched_process, getpid());

    moved.detach();
    call_getpgid(3);
    check_counters(moved, 6);
    check_xdp(moved);
  } catch (const ebpfkit::exception& problem) {
    fprintf(stderr, "%s\n", problem.what());
    return 2;
  }
  return failures == 0 ? 0 : 1;
}
