// Functions and types of a kernel module. Virtual machines have the module veth and the interface
// veth0, which most running kernels lack.
#include <errno.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/kernel_types.hpp"
#include "runtime_triggers.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::kernel_types;

class runtime_modules : public kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped() || is_recording())
      return;
    if (access("/sys/kernel/btf/veth", R_OK) != 0)
      GTEST_SKIP() << "the running kernel has no BTF of a module veth";
    if (if_nametoindex("veth0") == 0)
      GTEST_SKIP() << "there is no interface veth0";
  }

  // Sends a frame over veth0. The calling thread runs the module's function.
  static void send_frame() {
    const int sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(if_nametoindex("veth0"));
    const std::array<unsigned char, 64> frame{};
    EXPECT_EQ(sendto(sender, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                     sizeof(to)),
              static_cast<ssize_t>(frame.size()))
        << strerror(errno);
    close(sender);
  }
};

// The function returns NETDEV_TX_OK, which is 0.
constexpr const char* traced = R"(
SEC("fentry/veth_xmit") int entry(__u64 *context) { return count_mine(); }
SEC("fexit/veth_xmit") int leave(__u64 *context) {
  return (int)context[2] == 0 ? count_mine() : 0;
}
)";

TEST_F(runtime_modules, fentry_and_fexit) {
  counting_object object(traced, {"entry", "leave"});
  ASSERT_TRUE(object);
  for (const std::size_t index : {0U, 1U})
    expect_counts_while_attached(object, object.program(index).attach_trace(), send_frame);
}

constexpr const char* chosen_later = R"(
SEC("fentry/bpf_fentry_test1") int entry(__u64 *context) { return count_mine(); })";

TEST_F(runtime_modules, fentry_with_another_target) {
  counting_object object(chosen_later, {"entry"}, false);
  const auto set = object.program().set_attach_target("veth_xmit");
  EXPECT_TRUE(set) << set.error().message();
  object.load();
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().attach_trace(), send_frame);
}

constexpr const char* probed = R"(
SEC("kprobe") int program(void *context) { return count_mine(); })";

TEST_F(runtime_modules, kprobe_and_kretprobe) {
  counting_object object(probed, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::kprobe_options options;
  expect_counts_while_attached(object, object.program().attach_kprobe("veth_xmit", options),
                               send_frame);
  options.on_return = true;
  expect_counts_while_attached(object, object.program().attach_kprobe("veth_xmit", options),
                               send_frame);
}

TEST_F(runtime_modules, types) {
  const auto kernel = kernel_types::open();
  const auto module = kernel_types::open_module("veth");
  ASSERT_TRUE(kernel && module) << module.error().message();
  EXPECT_TRUE(module->has_function("veth_xmit"));
  EXPECT_FALSE(kernel->has_function("veth_xmit"));
  const auto peer = module->find_member("veth_priv", "peer");
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->offset(), 0U);
  EXPECT_FALSE(kernel->find_member("veth_priv", "peer"));
  // A module's BTF continues that of the kernel.
  EXPECT_EQ(module->size_of("net_device"), kernel->size_of("net_device"));
}

}  // namespace
