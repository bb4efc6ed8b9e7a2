// Attaching XDP and tcx to network interfaces, and to network namespaces, on the running kernel.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "ebpfkit/link.hpp"
#include "runtime_network_support.hpp"
#include "runtime_support.hpp"
#include "system/loaded_program.hpp"
#include "system/running_kernel.hpp"

namespace {

using ebpfkit::link_kind;
using ebpfkit::tc_direction;
using ebpfkit::tc_method;
using ebpfkit::xdp_mode;
using ebpfkit::test::counting_object;
using ebpfkit::test::directions;
using ebpfkit::test::kernel_has_tcx;
using ebpfkit::test::lingering_child;
using ebpfkit::test::options_of;
using ebpfkit::test::tc;
using testing::HasSubstr;

using runtime_network_links = ebpfkit::test::network_test;

constexpr const char* xdp = R"(
struct xdp_md { __u32 data; __u32 data_end; };
static int pass(struct xdp_md *frame, __u32 key) {
  unsigned char *bytes = (void *)(long)frame->data;
  if (bytes + 14 <= (unsigned char *)(long)frame->data_end && bytes[12] == 0x88 &&
      bytes[13] == 0xb5)
    count_at(key);
  return 2;
}
SEC("xdp") int first(struct xdp_md *frame) { return pass(frame, 0); }
SEC("xdp") int second(struct xdp_md *frame) { return pass(frame, 1); }
)";

TEST_F(runtime_network_links, xdp_in_each_mode) {
  counting_object object(xdp, {"first"});
  ASSERT_TRUE(object);
  auto program = object.program();
  const std::pair<xdp_mode, xdp_mode> asked_and_active[] = {
      {xdp_mode::automatic, xdp_mode::native},  // veth supports it
      {xdp_mode::native, xdp_mode::native},
      {xdp_mode::generic, xdp_mode::generic}};
  for (const auto& [asked, active] : asked_and_active) {
    auto attached = program.attach_xdp("right", asked);
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->kind(), link_kind::bpf_link);
    EXPECT_FALSE(attached->outlives_process());
    const auto mode = program.active_xdp_mode("right");
    ASSERT_TRUE(mode) << mode.error().message();
    EXPECT_EQ(*mode, active);
    EXPECT_EQ(counted(object), 2U);
    attached->detach();
    EXPECT_EQ(counted(object), 0U);
    EXPECT_EQ(program.active_xdp_mode("right").error().code, ENOENT);
  }
}

TEST_F(runtime_network_links, xdp_without_a_native_driver) {
  counting_object object(xdp, {"first"});
  ASSERT_TRUE(object);
  auto program = object.program();
  const auto native = program.attach_xdp("lo", xdp_mode::native);
  ASSERT_FALSE(native);
  EXPECT_EQ(native.error().object, "program 'first' to native XDP of interface 'lo'");
  EXPECT_EQ(native.error().code, EOPNOTSUPP);
  EXPECT_THAT(native.error().remedy, HasSubstr("xdp_mode::generic"));
  const auto offload = program.attach_xdp("lo", xdp_mode::offload);
  ASSERT_FALSE(offload);
  EXPECT_THAT(offload.error().remedy, HasSubstr("Offload needs"));
  const auto automatic = program.attach_xdp(if_nametoindex("lo"));
  ASSERT_TRUE(automatic) << automatic.error().message();
  EXPECT_EQ(program.active_xdp_mode("lo").value(), xdp_mode::generic);
}

TEST_F(runtime_network_links, xdp_names_the_program_that_is_there) {
  counting_object object(xdp, {"first", "second"});
  ASSERT_TRUE(object);
  const auto attached = object.program(0).attach_xdp("right");
  ASSERT_TRUE(attached) << attached.error().message();
  const auto id = std::to_string(ebpfkit::detail::loaded_program_of(object.program(0).fd()).id);
  for (const auto mode : {xdp_mode::native, xdp_mode::generic}) {
    const auto refused = object.program(1).attach_xdp("right", mode);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == EBUSY || refused.error().code == EEXIST);
    EXPECT_THAT(refused.error().remedy,
                HasSubstr("program 'first' (id " + id + ") is attached there as native XDP"));
  }
}

TEST_F(runtime_network_links, interface_that_does_not_exist) {
  counting_object object(xdp, {"first"});
  ASSERT_TRUE(object);
  const auto by_name = object.program().attach_xdp("nowhere");
  ASSERT_FALSE(by_name);
  EXPECT_THAT(by_name.error().remedy, HasSubstr("no network interface 'nowhere'"));
  const auto by_index = object.program().attach_xdp(12345);
  ASSERT_FALSE(by_index);
  EXPECT_THAT(by_index.error().remedy, HasSubstr("no network interface 12345"));
  EXPECT_THAT(object.program().active_xdp_mode("nowhere").error().remedy,
              HasSubstr("no network interface 'nowhere'"));
}

TEST_F(runtime_network_links, update_of_xdp) {
  counting_object object(xdp, {"first", "second"});
  ASSERT_TRUE(object);
  auto attached = object.program(0).attach_xdp("right");
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(counted(object), 2U);
  const auto updated = attached->update(object.program(1));
  ASSERT_TRUE(updated) << updated.error().message();
  object.mine();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_EQ(object.mine(), 2U);
  EXPECT_EQ(object.program(1).active_xdp_mode("right").value(), xdp_mode::native);
}

TEST_F(runtime_network_links, tcx) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  for (const auto& [interface, direction] : directions) {
    auto attached = object.program().attach_tc(interface, direction, options_of(tc_method::tcx));
    if (!kernel_has_tcx()) {
      ASSERT_FALSE(attached);
      EXPECT_THAT(attached.error().remedy, HasSubstr("Linux 6.6"));
      continue;
    }
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->kind(), link_kind::bpf_link);
    EXPECT_FALSE(attached->outlives_process());
    EXPECT_EQ(counted(object), 2U);
    attached->detach();
    EXPECT_EQ(counted(object), 0U);
    EXPECT_FALSE(has_clsact(interface));
  }
}

TEST_F(runtime_network_links, automatic_tc_takes_tcx_where_it_is) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  const auto attached = object.program().attach_tc("right", tc_direction::ingress);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(attached->kind(), kernel_has_tcx() ? link_kind::bpf_link : link_kind::tc_filter);
  EXPECT_EQ(counted(object), 2U);
}

TEST_F(runtime_network_links, tcx_runs_first_when_asked) {
  if (!kernel_has_tcx())
    GTEST_SKIP() << "tcx is from Linux 6.6";
  // The program that runs first ends the chain (TCX_PASS).
  const std::string source =
      std::string(tc) +
      "SEC(\"tc\") int ends(struct __sk_buff *packet) { next(packet, 1); return 0; }";
  counting_object object(source, {"first", "ends"});
  ASSERT_TRUE(object);
  const auto before = object.program(0).attach_tc("right", tc_direction::ingress);
  ASSERT_TRUE(before) << before.error().message();
  ebpfkit::tc_options options;
  options.order = ebpfkit::attach_order::first();
  auto first = object.program(1).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_EQ(object.mine(), 2U);
  const auto twice = object.program(1).attach_tc("right", tc_direction::ingress);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().remedy, HasSubstr("This program is attached there already"));
  first->detach();
  const auto last = object.program(1).attach_tc("right", tc_direction::ingress);
  ASSERT_TRUE(last) << last.error().message();
  EXPECT_EQ(counted(object), 2U);
}

TEST_F(runtime_network_links, update_of_tc) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  for (const auto method : {tc_method::automatic, tc_method::clsact}) {
    auto attached = object.program(0).attach_tc("right", tc_direction::ingress, options_of(method));
    ASSERT_TRUE(attached) << attached.error().message();
    const auto updated = attached->update(object.program(1));
    ASSERT_TRUE(updated) << updated.error().message();
    object.mine();
    EXPECT_EQ(counted(object), 0U);
    EXPECT_EQ(object.mine(), 2U);
    attached->detach();
    counted(object);
    EXPECT_EQ(object.mine(), 0U);
  }
}

TEST_F(runtime_network_links, tc_of_the_wrong_type_is_an_error) {
  counting_object object(xdp, {"first"});
  ASSERT_TRUE(object);
  for (const auto method : {tc_method::automatic, tc_method::tcx, tc_method::clsact}) {
    const auto refused =
        object.program().attach_tc("right", tc_direction::ingress, options_of(method));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EINVAL);
    EXPECT_FALSE(has_clsact("right"));
  }
  const auto nowhere = object.program().attach_tc("nowhere", tc_direction::egress);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("no network interface 'nowhere'"));
}

TEST_F(runtime_network_links, links_end_with_a_killed_process) {
  counting_object by_xdp(xdp, {"first"});
  counting_object by_tc(tc, {"first"});
  ASSERT_TRUE(by_xdp && by_tc);
  lingering_child child([&] {
    static auto first = by_xdp.program().attach_xdp("right");
    if (!kernel_has_tcx())
      return static_cast<bool>(first);
    static auto second = by_tc.program().attach_tc("right", tc_direction::ingress);
    return first && second;
  });
  EXPECT_EQ(counted(by_xdp), 2U);
  EXPECT_EQ(counted(by_tc), kernel_has_tcx() ? 2U : 0U);
  child.kill();
  EXPECT_EQ(counted(by_xdp), 0U);
  EXPECT_EQ(counted(by_tc), 0U);
}

constexpr const char* sk_lookup = R"(
SEC("sk_lookup") int program(void *context) { count(); return 1; })";

// Asks for a socket that nobody has. The kernel may look it up more than once.
void send_datagram() {
  const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(4242);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(sendto(sender, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            1);
  close(sender);
}

TEST_F(runtime_network_links, network_namespace) {
  if (!ebpfkit::detail::if_older_than({5, 9}, "").empty())
    GTEST_SKIP() << "sk_lookup is from Linux 5.9";
  counting_object object(sk_lookup, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().attach_netns();
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(attached->kind(), link_kind::bpf_link);
  send_datagram();
  EXPECT_GE(object.all(), 1U);
  attached->detach();
  send_datagram();
  EXPECT_EQ(object.all(), 0U);
  const int space = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const auto by_fd = object.program().attach_netns(space);
  close(space);
  ASSERT_TRUE(by_fd) << by_fd.error().message();
  send_datagram();
  EXPECT_GE(object.all(), 1U);
  const auto missing = object.program().attach_netns("/run/netns/nowhere");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("/run/netns"));
}

constexpr const char* flow_dissector = R"(
SEC("flow_dissector") int program(void *context) { count(); return 0; })";

TEST_F(runtime_network_links, one_flow_dissector_in_a_network_namespace) {
  counting_object object(flow_dissector, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().attach_netns();
  ASSERT_TRUE(attached) << attached.error().message();
  const auto second = object.program().attach_netns();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().remedy, HasSubstr("detach it first"));
  attached->detach();
  const auto again = object.program().attach_netns();
  EXPECT_TRUE(again) << again.error().message();
}

}  // namespace
