// Records that ring buffers lose are counted, exactly, on the running kernel.
#include "ebpfkit/lost_records.hpp"

#include <bpf/bpf.h>
#include <errno.h>
#include <gmock/gmock.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using ebpfkit::record_counts;
using testing::HasSubstr;

// The ring buffer has room for about fifty records.
constexpr const char* programs_that_send = R"(
#include ")" EBPFKIT_BPF_HEADERS R"(/ebpfkit/lost_records.h"
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
EBPFKIT_RECORD_COUNTS(event_counts, 3);
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32);
         __type(value, __u64); } other SEC(".maps");
struct event { __u64 number, bytes[7]; };
__u64 number;

SEC("xdp") int reserves(void *context) {
  __u64 now = __sync_fetch_and_add(&number, 1);
  struct event *record;
  if (now % 11 == 0) {
    ebpfkit_count_lost(&event_counts, 0, EBPFKIT_LOST_OWN + 1);
    return 2;
  }
  record = ebpfkit_reserve(&events, &event_counts, 0, sizeof(*record));
  if (!record)
    return 2;
  record->number = now;
  if (now % 7 == 0)
    ebpfkit_discard(record, &event_counts, 0, EBPFKIT_LOST_DISCARDED, 0);
  else
    bpf_ringbuf_submit(record, 0);
  return 2;
}
SEC("xdp") int outputs(void *context) {
  struct event record = {};
  ebpfkit_output(&events, &event_counts, 2, &record, sizeof(record), 0);
  return 2;
}
SEC("xdp") int has_no_number(void *context) {
  struct event record = {};
  struct event *reserved = ebpfkit_reserve(&events, &event_counts, 3, sizeof(record));
  if (reserved) {
    bpf_ringbuf_submit(reserved, 0);
    return 1;
  }
  return ebpfkit_output(&events, &event_counts, 3, &record, sizeof(record), 0) == -2 ? 2 : 1;
}
)";

class runtime_lost_records : public kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    image_ = compile(programs_that_send);
    if (!ebpfkit::detail::if_older_than({5, 8}, "").empty())
      GTEST_SKIP() << "ring buffers are from Linux 5.8";
    auto opened = dynamic_object::open_bytes(image_.data(), image_.size(), "sending");
    ASSERT_TRUE(opened) << opened.error().message();
    object_.emplace(*std::move(opened));
    const auto loaded = object_->load();
    ASSERT_TRUE(loaded) << loaded.error().message();
  }

  void run(const char* name, int times) const {
    const std::vector<std::uint8_t> frame(64);
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.size());
    options.repeat = times;
    EXPECT_EQ(bpf_prog_test_run_opts(object_->find_program(name).value().fd(), &options), 0);
    EXPECT_EQ(options.retval, 2U);
  }
  std::vector<record_counts> counts() const {
    const auto read = ebpfkit::read_record_counts(object_->find_map("event_counts").value());
    EXPECT_TRUE(read) << read.error().message();
    return read ? *read : std::vector<record_counts>(3);
  }
  ebpfkit::ring_buffer subscribe() {
    return object_->find_map<ebpfkit::ring_buffer_map>("events")
        .value()
        .subscribe([](const void*, std::size_t) {})
        .value();
  }

  bytes image_;
  std::optional<dynamic_object> object_;
};

// Each round sends ten times what the ring buffer has room for.
TEST_F(runtime_lost_records, sent_is_received_and_lost_at_ten_times_overload) {
  auto events = subscribe();
  std::uint64_t received = 0;
  constexpr int rounds = 20;
  constexpr int runs = 560;
  for (int round = 0; round < rounds; ++round) {
    run("reserves", runs);
    received += static_cast<std::uint64_t>(events.consume().value());
  }
  const auto own = counts()[0];
  EXPECT_EQ(own.sent, std::uint64_t{rounds} * runs);
  EXPECT_EQ(own.sent, received + own.lost_total());
  EXPECT_EQ(own.arrived(), received);
  EXPECT_GT(received, 0U);
  EXPECT_GT(own.lost[record_counts::full], own.sent / 2);
  EXPECT_GT(own.lost[record_counts::discarded], 0U);
  EXPECT_EQ(own.lost[3], (own.sent + 10) / 11);
}

TEST_F(runtime_lost_records, counts_of_several_programs_at_the_same_time) {
  auto events = subscribe();
  std::atomic<int> running{2};
  const auto in_a_thread = [&](const char* name) {
    return std::thread([this, &running, name] {
      for (int round = 0; round < 20; ++round)
        run(name, 300);
      --running;
    });
  };
  auto first = in_a_thread("reserves");
  auto second = in_a_thread("outputs");
  std::uint64_t received = 0;
  while (running != 0)
    received += static_cast<std::uint64_t>(events.consume().value());
  first.join();
  second.join();
  received += static_cast<std::uint64_t>(events.consume().value());
  const auto found = counts();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].sent, 6000U);
  EXPECT_EQ(found[1].sent, 0U);
  EXPECT_EQ(found[2].sent, 6000U);
  const auto all = ebpfkit::total_of(found);
  EXPECT_EQ(all.sent, received + all.lost_total());
}

TEST_F(runtime_lost_records, a_program_without_a_number_sends_nothing) {
  run("has_no_number", 5);
  EXPECT_EQ(ebpfkit::total_of(counts()).sent, 0U);
}

TEST_F(runtime_lost_records, other_maps_have_no_counts) {
  const auto refused = ebpfkit::read_record_counts(object_->find_map("other").value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_THAT(refused.error().remedy, HasSubstr("which ebpfkit::per_cpu_map is not for"));
}

}  // namespace
