// Replaced functions, LSM hooks of cgroups and struct_ops, on the running kernel. All need
// trampolines, which the kernels of some sandboxes refuse.
#include <errno.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/test_run.hpp"
#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"
#include "system/security_modules.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using testing::HasSubstr;

class runtime_trampolines : public kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (!IsSkipped() && !kernel_has_trampolines())
      GTEST_SKIP() << no_trampolines;
  }
};

constexpr const char* replaced = R"(
struct xdp_md { __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index; };
__attribute__((noinline)) int decide(struct xdp_md *frame) { return frame->rx_queue_index + 2; }
SEC("xdp") int target(struct xdp_md *frame) { return decide(frame); })";

constexpr const char* replacement = R"(
struct xdp_md { __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index; };
SEC("freplace/decide") int drop(struct xdp_md *frame) { return 1; })";

ebpfkit::xdp_action action_of(const ebpfkit::program& program) {
  const std::vector<std::uint8_t> frame(64);
  const auto run = ebpfkit::run_xdp(program, frame);
  EXPECT_TRUE(run) << run.error().message();
  return run ? run->action : ebpfkit::xdp_action::aborted;
}

TEST_F(runtime_trampolines, freplace) {
  const auto target_image = compile(replaced);
  const auto image = compile(replacement);
  const auto open = [](const bytes& from) {
    return dynamic_object::open_bytes(from.data(), from.size(), "object");
  };
  auto first = open(target_image);
  auto second = open(target_image);
  auto replacing = open(image);
  ASSERT_TRUE(first && second && replacing);
  ASSERT_TRUE(first->load());
  const auto target = first->find_program("target").value();
  auto drop = replacing->find_program("drop").value();
  ASSERT_TRUE(drop.set_attach_target("decide", target.fd()));
  const auto other = second->find_program("target").value();
  const auto early = drop.attach_freplace();
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().remedy, HasSubstr("is not loaded"));
  const auto loaded = replacing->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(action_of(target), ebpfkit::xdp_action::pass);
  {
    const auto attached = drop.attach_freplace();
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(action_of(target), ebpfkit::xdp_action::drop);
  }
  EXPECT_EQ(action_of(target), ebpfkit::xdp_action::pass);
  if (!ebpfkit::detail::if_older_than({5, 10}, "").empty())
    return;
  const auto not_loaded = drop.attach_freplace(other, "decide");
  ASSERT_FALSE(not_loaded);
  EXPECT_EQ(not_loaded.error().code, EBADF);
  EXPECT_EQ(not_loaded.error().object, "program 'drop' to function 'decide' of program 'target'");
  ASSERT_TRUE(second->load());
  const auto attached = drop.attach_freplace(other, "decide");
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(action_of(other), ebpfkit::xdp_action::drop);
  EXPECT_EQ(action_of(target), ebpfkit::xdp_action::pass);
  const auto missing = drop.attach_freplace(target, "no_such_function");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no global function of that name"));
}

constexpr const char* lsm_of_cgroup = R"(
SEC("lsm_cgroup/socket_create") int program(void *context) { count(); return 1; })";

TEST_F(runtime_trampolines, lsm_of_a_cgroup) {
  counting_object object(lsm_of_cgroup, {"program"}, false);
  if (!ebpfkit::detail::if_older_than({6, 0}, "").empty())
    GTEST_SKIP() << "LSM programs of cgroups are from Linux 6.0";
  if (ebpfkit::detail::bpf_lsm_state().state == ebpfkit::support::absent)
    GTEST_SKIP() << "BPF is not among the active LSMs";
  object.load();
  ASSERT_TRUE(object);
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-lsm-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  {
    const auto attached = object.program().attach_cgroup(group.string());
    EXPECT_TRUE(attached) << attached.error().message();
    const pid_t child = fork();
    if (child == 0) {
      std::ofstream(group / "cgroup.procs") << "0" << std::flush;
      _exit(socket(AF_INET, SOCK_DGRAM, 0) < 0 ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_GE(object.all(), 1U);
  }
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

// A congestion control that does nothing. libbpf finds the members in the kernel by their names.
constexpr const char* congestion = R"(
struct sock;
struct tcp_congestion_ops {
  __u32 (*ssthresh)(struct sock *sk);
  void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock *sk);
  char name[16];
};
SEC("struct_ops/threshold") __u32 threshold(__u64 *context) { return 2; }
SEC("struct_ops/avoid") void avoid(__u64 *context) {}
SEC("struct_ops/undo") __u32 undo(__u64 *context) { return 2; }
SEC(".struct_ops") struct tcp_congestion_ops control = {
  .ssthresh = (void *)threshold, .cong_avoid = (void *)avoid, .undo_cwnd = (void *)undo,
  .name = "ebpfkit_none",
};)";

std::string available_controls() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST_F(runtime_trampolines, struct_ops) {
  const auto image = compile(congestion);
  auto opened = dynamic_object::open_bytes(image.data(), image.size(), "control");
  ASSERT_TRUE(opened) << opened.error().message();
  const auto control = opened->find_map("control");
  ASSERT_TRUE(control) << control.error().message();
  const auto early = ebpfkit::attach_struct_ops(*control);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EINVAL);
  EXPECT_THAT(early.error().remedy, HasSubstr("load the object first"));
  const auto loaded = opened->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  {
    auto attached = ebpfkit::attach_struct_ops(*control);
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->kind(), ebpfkit::link_kind::struct_ops);
    EXPECT_THAT(available_controls(), HasSubstr("ebpfkit_none"));
    const auto updated = attached->update(*control);
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code, EOPNOTSUPP);
    EXPECT_THAT(updated.error().remedy, HasSubstr(".struct_ops.link"));
  }
  EXPECT_THAT(available_controls(), testing::Not(HasSubstr("ebpfkit_none")));
}

class runtime_struct_ops : public kernel_test {};

TEST_F(runtime_struct_ops, other_maps_are_none) {
  counting_object object("", {});
  ASSERT_TRUE(object);
  const auto refused = ebpfkit::attach_struct_ops(object.counts());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_EQ(refused.error().object, "map 'counts'");
  EXPECT_THAT(refused.error().remedy, HasSubstr("no struct_ops map"));
}

}  // namespace
