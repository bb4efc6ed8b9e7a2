// Attaching to network interfaces and namespaces on the running kernel. The tests have their own
// namespaces and send frames over a veth pair.
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/link.hpp"
#include "runtime_support.hpp"
#include "system/loaded_program.hpp"
#include "system/running_kernel.hpp"

namespace {

using ebpfkit::link_kind;
using ebpfkit::tc_direction;
using ebpfkit::tc_method;
using ebpfkit::xdp_mode;
using ebpfkit::test::counting_object;
using ebpfkit::test::lingering_child;
using testing::HasSubstr;

constexpr unsigned short test_protocol = 0x88b5;  // for experiments (IEEE 802)

bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

class runtime_network_links : public ebpfkit::test::kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    if (!succeeds("ip -V") || !succeeds("tc -V"))
      GTEST_SKIP() << "no ip or tc (iproute2)";
    network_.emplace();
    if (!succeeds("ip link add left type veth peer name right"))
      GTEST_SKIP() << "the kernel has no veth";
    ASSERT_TRUE(succeeds("ip link set lo up && ip link set left up && ip link set right up"));
    socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(test_protocol));
    const timeval limit{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    const auto right = address_of("right");
    ASSERT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&right), sizeof(right)), 0);
  }

  void TearDown() override {
    if (socket_ >= 0)
      close(socket_);
  }

  // Sends a frame from `left` and waits until it has passed the ingress of `right`. A socket for
  // one protocol gets the frame behind XDP and tc (__netif_receive_skb_core).
  void send_frame() {
    std::array<unsigned char, 60> frame{};
    std::fill_n(frame.begin(), 6, 0xff);
    frame[12] = test_protocol >> 8;
    frame[13] = test_protocol & 0xff;
    const auto left = address_of("left");
    ASSERT_EQ(sendto(socket_, frame.data(), frame.size(), 0,
                     reinterpret_cast<const sockaddr*>(&left), sizeof(left)),
              static_cast<ssize_t>(frame.size()));
    ASSERT_GT(recv(socket_, frame.data(), frame.size(), 0), 0) << strerror(errno);
  }

  // Sends two frames and returns how many of them the program counts.
  std::uint64_t counted(counting_object& object) {
    object.all();
    send_frame();
    send_frame();
    return object.all();
  }

  static bool has_clsact(const char* interface) {
    return succeeds(std::string("tc qdisc show dev ") + interface + " clsact | grep clsact");
  }

 private:
  static sockaddr_ll address_of(const char* interface) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(test_protocol);
    address.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    return address;
  }

  std::optional<ebpfkit::test::own_network> network_;
  int socket_ = -1;
};

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

constexpr const char* tc = R"(
struct __sk_buff { __u32 len, pkt_type, mark, queue_mapping, protocol; };
static int next(struct __sk_buff *packet, __u32 key) {
  if (packet->protocol == __builtin_bswap16(0x88b5))
    count_at(key);
  return -1;
}
SEC("tc") int first(struct __sk_buff *packet) { return next(packet, 0); }
SEC("tc") int second(struct __sk_buff *packet) { return next(packet, 1); }
)";

bool kernel_has_tcx() {
  return ebpfkit::detail::if_older_than({6, 6}, "").empty();
}

ebpfkit::tc_options options_of(tc_method method) {
  ebpfkit::tc_options options;
  options.method = method;
  return options;
}

constexpr std::pair<const char*, tc_direction> directions[] = {{"right", tc_direction::ingress},
                                                               {"left", tc_direction::egress}};

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

TEST_F(runtime_network_links, clsact) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  for (const auto& [interface, direction] : directions) {
    auto attached = object.program().attach_tc(interface, direction, options_of(tc_method::clsact));
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->kind(), link_kind::tc_filter);
    EXPECT_TRUE(attached->outlives_process());
    EXPECT_EQ(attached->fd(), -1);
    EXPECT_EQ(attached->get(), nullptr);
    EXPECT_EQ(attached->pin("/sys/fs/bpf/ebpfkit-filter").error().code, EOPNOTSUPP);
    EXPECT_TRUE(has_clsact(interface));
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
  options.first = true;
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

TEST_F(runtime_network_links, clsact_that_others_use_stays) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  const auto clsact = options_of(tc_method::clsact);
  auto first = object.program(0).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(first) << first.error().message();
  auto second = object.program(1).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(second) << second.error().message();
  object.mine();
  EXPECT_EQ(counted(object), 2U);
  EXPECT_EQ(object.mine(), 2U);
  // The first link made the qdisc. When the link goes, it finds the qdisc in use.
  first->detach();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_EQ(object.mine(), 2U);
  second->detach();
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_network_links, clsact_goes_with_the_last_link_in_any_order) {
  counting_object object(tc, {"first", "second"});
  counting_object another(tc, {"first"});
  ASSERT_TRUE(object && another);
  const auto clsact = options_of(tc_method::clsact);
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    std::vector<ebpfkit::link> links;
    const auto keep = [&links](ebpfkit::result<ebpfkit::link> attached) {
      ASSERT_TRUE(attached) << attached.error().message();
      links.push_back(*std::move(attached));
    };
    keep(object.program(0).attach_tc("right", tc_direction::ingress, clsact));
    keep(object.program(1).attach_tc("right", tc_direction::egress, clsact));
    keep(another.program().attach_tc("right", tc_direction::egress, clsact));
    ASSERT_EQ(links.size(), order.size());
    auto moved = std::move(links[order[0]]);
    moved = std::move(links[order[1]]);  // the first one detaches
    EXPECT_TRUE(has_clsact("right"));
    moved.detach();
    EXPECT_TRUE(has_clsact("right"));
    links.clear();
    EXPECT_FALSE(has_clsact("right"));
  } while (std::next_permutation(order.begin(), order.end()));
}

// What a program without EbpfKit does.
bpf_tc_hook ingress_of(const char* interface) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = static_cast<int>(if_nametoindex(interface));
  hook.attach_point = BPF_TC_INGRESS;
  return hook;
}

bpf_tc_opts filter_options(int program_fd) {
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = program_fd;
  options.handle = 1;
  options.priority = 1;
  return options;
}

TEST_F(runtime_network_links, clsact_with_filters_of_other_programs_stays) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  const auto clsact = options_of(tc_method::clsact);
  auto attached = object.program(0).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto hook = ingress_of("right");
  auto options = filter_options(object.program(1).fd());
  ASSERT_EQ(bpf_tc_attach(&hook, &options), 0);
  attached->detach();
  object.mine();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_EQ(object.mine(), 2U);
  options.prog_fd = 0;
  options.prog_id = 0;
  options.flags = 0;
  ASSERT_EQ(bpf_tc_detach(&hook, &options), 0);
  EXPECT_TRUE(has_clsact("right"));

  attached = object.program(0).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  attached->detach();
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_network_links, clsact_that_another_program_took_over_stays) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  auto attached =
      object.program().attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  ASSERT_TRUE(attached) << attached.error().message();
  ASSERT_TRUE(succeeds("tc qdisc replace dev right clsact"));
  EXPECT_EQ(counted(object), 2U);
  attached->detach();
  EXPECT_TRUE(has_clsact("right"));
}

// Waits for a child process that returns its success.
bool succeeded(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

// Two processes make, fill and remove the qdisc of one interface.
TEST_F(runtime_network_links, clsact_is_not_removed_under_another_process) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  pid_t children[2];
  for (std::size_t i = 0; i < 2; ++i) {
    children[i] = fork();
    if (children[i] != 0)
      continue;
    auto options = options_of(tc_method::clsact);
    options.handle = static_cast<std::uint32_t>(i + 1);
    const auto hook = ingress_of("right");
    for (int round = 0; round < 100; ++round) {
      const auto attached = object.program(i).attach_tc("right", tc_direction::ingress, options);
      auto found = filter_options(0);
      found.handle = options.handle;
      found.priority = options.priority;
      if (!attached || bpf_tc_query(&hook, &found) != 0) {
        fprintf(stderr, "round %d: %s\n", round,
                attached ? "the filter is gone" : attached.error().message().c_str());
        _exit(1);
      }
    }
    _exit(0);
  }
  EXPECT_TRUE(succeeded(children[0]));
  EXPECT_TRUE(succeeded(children[1]));
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_network_links, clsact_that_was_there_stays) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  ASSERT_TRUE(succeeds("tc qdisc add dev right clsact"));
  auto attached =
      object.program().attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  ASSERT_TRUE(attached) << attached.error().message();
  attached->detach();
  EXPECT_TRUE(has_clsact("right"));
}

TEST_F(runtime_network_links, clsact_does_not_replace_another_program) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  auto options = options_of(tc_method::clsact);
  options.handle = 7;
  const auto first = object.program(0).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = object.program(1).attach_tc("right", tc_direction::ingress, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EEXIST);
  EXPECT_THAT(second.error().remedy, HasSubstr("program 'first' (id "));
  EXPECT_EQ(counted(object), 2U);
}

TEST_F(runtime_network_links, clsact_tells_long_names_apart) {
  const std::string source = std::string(tc) +
                             "SEC(\"tc\") int handle_ingress_v4(void *c) { return count_at(2); }"
                             "SEC(\"tc\") int handle_ingress_v6(void *c) { return count_at(2); }";
  counting_object object(source, {"handle_ingress_v4", "handle_ingress_v6"});
  ASSERT_TRUE(object);
  const auto options = options_of(tc_method::clsact);
  const auto first = object.program(0).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = object.program(1).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_TRUE(succeeds("test $(tc filter show dev right ingress | grep -c 'id ') = 2"));
}

TEST_F(runtime_network_links, clsact_needs_a_priority) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  auto options = options_of(tc_method::clsact);
  options.priority = 0;
  const auto attached = object.program().attach_tc("right", tc_direction::ingress, options);
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().code, EINVAL);
  EXPECT_THAT(attached.error().remedy, HasSubstr("tc_options::priority"));
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_network_links, forked_child_leaves_clsact_to_its_parent) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  auto attached =
      object.program().attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  ASSERT_TRUE(attached) << attached.error().message();
  const pid_t child = fork();
  if (child == 0) {
    attached->detach();
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(counted(object), 2U);
  attached->detach();
  EXPECT_FALSE(has_clsact("right"));
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

TEST_F(runtime_network_links, filter_of_a_killed_process_is_replaced) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  const auto clsact = options_of(tc_method::clsact);
  lingering_child child([&] {
    static auto left = object.program().attach_tc("right", tc_direction::ingress, clsact);
    return static_cast<bool>(left);
  });
  child.kill();
  EXPECT_EQ(counted(object), 2U);  // the filter outlives the process

  // Load the program again, like the next start of the application.
  counting_object next(tc, {"first"});
  ASSERT_TRUE(next);
  auto attached = next.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(counted(next), 2U);
  EXPECT_EQ(counted(object), 0U);
  EXPECT_TRUE(has_clsact("right"));
  attached->detach();
  EXPECT_EQ(counted(next), 0U);
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_network_links, killed_process_does_not_make_a_clsact_its_own) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  ASSERT_TRUE(succeeds("tc qdisc add dev right clsact"));
  const auto clsact = options_of(tc_method::clsact);
  lingering_child child([&] {
    static auto left = object.program().attach_tc("right", tc_direction::ingress, clsact);
    return static_cast<bool>(left);
  });
  child.kill();
  auto attached = object.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  attached->detach();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_TRUE(has_clsact("right"));
}

TEST_F(runtime_network_links, filter_that_was_replaced_is_left_alone) {
  counting_object old(tc, {"first"});
  counting_object next(tc, {"first"});
  ASSERT_TRUE(old && next);
  const auto clsact = options_of(tc_method::clsact);
  auto first = old.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = next.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(second) << second.error().message();
  first->detach();
  EXPECT_EQ(counted(next), 2U);
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
