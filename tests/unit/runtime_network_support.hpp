// The tests that attach to network interfaces share this: namespaces of their own, with a veth pair
// that they send frames over.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ebpfkit/attach_options.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace ebpfkit::test {

inline constexpr unsigned short test_protocol = 0x88b5;  // for experiments (IEEE 802)

inline bool succeeds(const std::string& command) {
  return ::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

class network_test : public kernel_test {
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

  std::optional<own_network> network_;
  int socket_ = -1;
};

inline constexpr const char* tc = R"(
struct __sk_buff { __u32 len, pkt_type, mark, queue_mapping, protocol; };
static int next(struct __sk_buff *packet, __u32 key) {
  if (packet->protocol == __builtin_bswap16(0x88b5))
    count_at(key);
  return -1;
}
SEC("tc") int first(struct __sk_buff *packet) { return next(packet, 0); }
SEC("tc") int second(struct __sk_buff *packet) { return next(packet, 1); }
)";

inline bool kernel_has_tcx() {
  return detail::if_older_than({6, 6}, "").empty();
}

inline tc_options options_of(tc_method method) {
  tc_options options;
  options.method = method;
  return options;
}

inline constexpr std::pair<const char*, tc_direction> directions[] = {
    {"right", tc_direction::ingress}, {"left", tc_direction::egress}};

}  // namespace ebpfkit::test
