// Programs that run by hand, without a hook.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ebpfkit/test_run.hpp"
#include "runtime_map_support.hpp"
#include "runtime_support.hpp"

namespace {

using ebpfkit::xdp_action;
using testing::HasSubstr;
using frame_bytes = std::vector<std::uint8_t>;

constexpr const char* run_programs = R"(
struct xdp_md { __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index; };
struct __sk_buff { __u32 len, pkt_type, mark, queue_mapping, protocol, vlan[3], priority,
  ingress_ifindex, ifindex, tc_index, cb[5]; };
struct { __uint(type, 2); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
  runs SEC(".maps");

static void count(void) {
  __u32 key = 0;
  __u64 *number = bpf_map_lookup_elem(&runs, &key);
  if (number) __sync_fetch_and_add(number, 1);
}

/* Drops frames whose first byte is 1; otherwise puts 7 into the first byte. */
SEC("xdp") int filter(struct xdp_md *context) {
  __u8 *begin = (void *)(long)context->data, *end = (void *)(long)context->data_end;
  count();
  if (begin + 14 > end || *begin == 1) return 1;
  *begin = 7;
  return 2;
}

SEC("xdp") int grow(struct xdp_md *context) { return bpf_xdp_adjust_head(context, -8) ? 0 : 3; }

/* Gives what it sees: interface, queue, and the first word of the metadata, which it then cuts. */
SEC("xdp") int look(struct xdp_md *context) {
  __u8 *begin = (void *)(long)context->data;
  __u32 *meta = (void *)(long)context->data_meta;
  __u8 *end = (void *)(long)context->data_end;
  if (begin + 14 > end || (void *)(meta + 1) > (void *)begin) return 0;
  begin[0] = context->ingress_ifindex;
  begin[1] = context->rx_queue_index;
  begin[2] = *meta;
  return bpf_xdp_adjust_meta(context, 4) ? 1 : 2;
}

SEC("tc") int classify(struct __sk_buff *skb) {
  skb->mark += 1;
  skb->cb[1] = skb->cb[0] * 2;
  return skb->priority;
}

SEC("raw_tp") int add(__u64 *context) { return context[0] + context[1]; }
SEC("raw_tp") int on_cpu(void *context) { return bpf_get_smp_processor_id(); }

SEC("syscall") int twice(__u32 *context) {
  if (!context) return -1;
  context[1] = context[0] * 2;
  return -5;
}
SEC("syscall") int nothing(void *context) { return 9; }
SEC("kprobe/do_nothing") int never(void *context) { return 0; }
)";

class runtime_test_run : public ebpfkit::test::kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped())
      return;
    static const auto image = ebpfkit::test::compile(run_programs);
    ASSERT_FALSE(image.empty());
    object_ = std::make_unique<ebpfkit::test::opened_object>(image);
    ASSERT_TRUE(*object_);
    ASSERT_TRUE(program("never").set_autoload(false));
    ASSERT_TRUE(object_->load());
  }

  ebpfkit::program program(const char* name) const {
    return ebpfkit::program(bpf_object__find_program_by_name(object_->get(), name));
  }

  std::unique_ptr<ebpfkit::test::opened_object> object_;
};

TEST_F(runtime_test_run, xdp_programs_get_a_frame) {
  frame_bytes sent(60, 0);
  sent[0] = 1;
  EXPECT_EQ(ebpfkit::run_xdp(program("filter"), sent).value().action, xdp_action::drop);
  sent[0] = 2;
  const auto passed = ebpfkit::run_xdp(program("filter"), sent).value();
  EXPECT_EQ(passed.action, xdp_action::pass);
  ASSERT_EQ(passed.frame.size(), sent.size());
  EXPECT_EQ(passed.frame[0], 7);
  EXPECT_EQ(passed.metadata, 0U);
  const auto grown = ebpfkit::run_xdp(program("grow"), sent).value();
  EXPECT_EQ(grown.action, xdp_action::tx);
  EXPECT_EQ(grown.frame.size(), sent.size() + 8);
}

TEST_F(runtime_test_run, repetitions_are_counted_and_timed) {
  ebpfkit::xdp_run_options options;
  options.repeat = 1000;
  const auto run = ebpfkit::run_xdp(program("filter"), frame_bytes(60, 0), options).value();
  EXPECT_LT(run.duration, std::chrono::seconds(1));
  const ebpfkit::map<std::uint32_t, std::uint64_t> runs(object_->map("runs"));
  EXPECT_EQ(runs.find(0).value(), 1000U);
}

TEST_F(runtime_test_run, xdp_programs_see_metadata_and_the_interface) {
  frame_bytes sent(64, 0);
  sent[0] = 42;
  ebpfkit::xdp_run_options options;
  options.metadata = 4;
  options.interface.emplace("lo");
  const auto run = ebpfkit::run_xdp(program("look"), sent, options).value();
  EXPECT_EQ(run.action, xdp_action::pass);
  EXPECT_EQ(run.metadata, 0U);
  ASSERT_EQ(run.frame.size(), 60U);
  EXPECT_EQ(run.frame[0], if_nametoindex("lo"));
  EXPECT_EQ(run.frame[1], 0);
  EXPECT_EQ(run.frame[2], 42);
  options.interface.emplace("nowhere");
  const auto refused = ebpfkit::run_xdp(program("look"), sent, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENODEV);
  EXPECT_THAT(refused.error().message(), HasSubstr("cannot run program 'look'"));
  EXPECT_THAT(refused.error().message(), HasSubstr("interface 'nowhere'"));
}

TEST_F(runtime_test_run, live_frames_run_once_each) {
  const ebpfkit::test::own_network network;
  ebpfkit::xdp_live_options options;
  options.count = 100;
  options.batch_size = 16;
  options.interface.emplace("lo");
  frame_bytes sent(60, 0);
  sent[0] = 1;  // dropped
  (void)ebpfkit::send_xdp_frames(program("filter"), sent, options).value();
  const ebpfkit::map<std::uint32_t, std::uint64_t> runs(object_->map("runs"));
  EXPECT_EQ(runs.find(0).value(), 100U);
}

TEST_F(runtime_test_run, skb_programs_get_and_change_their_context) {
  const frame_bytes sent(60, 0);
  EXPECT_EQ(ebpfkit::run_skb(program("classify"), sent).value().returned, 0U);
  ebpfkit::skb_context context;
  context.mark = 10;
  context.priority = 5;
  context.cb[0] = 21;
  context.tstamp = 123;
  const auto run = ebpfkit::run_skb(program("classify"), sent, context).value();
  EXPECT_EQ(run.returned, 5U);
  EXPECT_EQ(run.context.mark, 11U);
  EXPECT_EQ(run.context.cb[1], 42U);
  EXPECT_EQ(run.context.tstamp, 123U);
  EXPECT_EQ(run.frame, sent);
  EXPECT_EQ(ebpfkit::run_skb(program("classify"), sent, context, 3).value().context.mark, 13U);
}

TEST_F(runtime_test_run, raw_tracepoints_take_arguments_and_a_cpu) {
  EXPECT_EQ(ebpfkit::run_raw_tracepoint(program("add"), {40, 2}).value(), 42);
  EXPECT_EQ(ebpfkit::run_raw_tracepoint(program("on_cpu"), {}, 0).value(), 0);
  const auto no_cpu = ebpfkit::run_raw_tracepoint(program("on_cpu"), {}, 1U << 20);
  ASSERT_FALSE(no_cpu);
  EXPECT_EQ(no_cpu.error().code, ENXIO);
  EXPECT_THAT(no_cpu.error().remedy, HasSubstr("no such CPU"));
  const auto too_few = ebpfkit::run_raw_tracepoint(program("add"), {1});
  ASSERT_FALSE(too_few);
  EXPECT_EQ(too_few.error().code, EINVAL);
}

TEST_F(runtime_test_run, syscall_programs_change_their_context) {
  struct {
    std::uint32_t given = 21;
    std::uint32_t doubled = 0;
  } numbers;
  EXPECT_EQ(ebpfkit::run_syscall(program("twice"), numbers).value(), -5);
  EXPECT_EQ(numbers.doubled, 42U);
  EXPECT_EQ(ebpfkit::run_syscall(program("nothing")).value(), 9);
}

TEST_F(runtime_test_run, errors_say_what_is_wrong) {
  const auto not_loaded = ebpfkit::run_syscall(program("never"));
  ASSERT_FALSE(not_loaded);
  EXPECT_THAT(not_loaded.error().message(), HasSubstr("cannot run program 'never'"));
  EXPECT_THAT(not_loaded.error().remedy, HasSubstr("not loaded"));
  const auto too_short = ebpfkit::run_xdp(program("filter"), frame_bytes(5, 0));
  ASSERT_FALSE(too_short);
  EXPECT_EQ(too_short.error().code, EINVAL);
  EXPECT_THAT(too_short.error().remedy, HasSubstr("at least 14 bytes"));
  const frame_bytes sent(60, 0);
  ebpfkit::test_run_input input;
  input.data = sent.data();
  input.data_size = sent.size();
  input.data_room = 10;
  const auto no_room = ebpfkit::test_run(program("filter"), input);
  ASSERT_FALSE(no_room);
  EXPECT_EQ(no_room.error().code, ENOSPC);
  EXPECT_THAT(no_room.error().remedy, HasSubstr("60 bytes of data, and the room is 10 bytes"));
}

}  // namespace
