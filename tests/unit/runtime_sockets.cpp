// Programs of sockets, on the running kernel.
#include <arpa/inet.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "ebpfkit/program.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using testing::HasSubstr;

class runtime_sockets : public kernel_test {};

constexpr const char* socket_filter = R"(
SEC("socket") int drop(void *context) { count(); return 0; }
SEC("xdp") int other(void *context) { return 2; })";

TEST_F(runtime_sockets, filter) {
  counting_object object(socket_filter, {"drop", "other"});
  ASSERT_TRUE(object);
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const auto arrives = [&pair] {
    char byte = 'x';
    static_cast<void>(send(pair[0], &byte, 1, MSG_DONTWAIT));
    return recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1;
  };
  EXPECT_TRUE(arrives());
  const auto attached = object.program().attach_socket(pair[1]);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_FALSE(arrives());
  EXPECT_EQ(object.all(), 1U);
  ASSERT_TRUE(ebpfkit::detach_socket_filter(pair[1]));
  EXPECT_TRUE(arrives());
  EXPECT_EQ(object.all(), 0U);
  const auto none = ebpfkit::detach_socket_filter(pair[1]);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ENOENT);
  EXPECT_EQ(none.error().remedy, "The socket has none.");
  const auto wrong = object.program(1).attach_socket(pair[1]);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, EINVAL);
  EXPECT_THAT(wrong.error().remedy, HasSubstr("SEC(\"socket\")"));
  close(pair[0]);
  close(pair[1]);
  const auto closed = object.program().attach_socket(pair[1]);
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().remedy, HasSubstr("no open socket"));
}

// Sockets that share a port. They belong to a network namespace of their own.
class reuseport_group {
 public:
  reuseport_group() {
    const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq loopback{};
    strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    EXPECT_EQ(ioctl(any, SIOCSIFFLAGS, &loopback), 0);
    close(any);
    for (auto& each : sockets_)
      each = bound();
  }
  ~reuseport_group() {
    for (const int each : sockets_)
      close(each);
  }
  reuseport_group(const reuseport_group&) = delete;
  reuseport_group& operator=(const reuseport_group&) = delete;

  int first() const { return sockets_[0]; }

  // Which of the sockets gets a datagram.
  int receiver() const {
    const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto to = address();
    EXPECT_EQ(sendto(sender, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 1);
    close(sender);
    int found = -1;
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      char byte = 0;
      if (recv(sockets_[i], &byte, 1, MSG_DONTWAIT) == 1)
        found = static_cast<int>(i);
    }
    return found;
  }

 private:
  static sockaddr_in address() {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(4242);
    made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return made;
  }
  static int bound() {
    const int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    EXPECT_EQ(setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
    const auto to = address();
    EXPECT_EQ(bind(made, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    return made;
  }

  std::array<int, 3> sockets_{};
};

// The program of a group returns the index of the socket.
constexpr const char* chooser = R"(
SEC("socket") int choose(void *context) { count(); return 2; })";

TEST_F(runtime_sockets, reuseport) {
  counting_object object(chooser, {"choose"});
  ASSERT_TRUE(object);
  const own_network network;
  const reuseport_group group;
  const auto attached = object.program().attach_reuseport(group.first());
  ASSERT_TRUE(attached) << attached.error().message();
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(group.receiver(), 2);
  EXPECT_EQ(object.all(), 8U);
  const auto detached = ebpfkit::detach_reuseport(group.first());
  if (!ebpfkit::detail::if_older_than({5, 3}, "").empty()) {
    ASSERT_FALSE(detached);
    EXPECT_THAT(detached.error().remedy, HasSubstr("Linux 5.3"));
    return;
  }
  ASSERT_TRUE(detached) << detached.error().message();
  EXPECT_GE(group.receiver(), 0);
  EXPECT_EQ(object.all(), 0U);
  EXPECT_EQ(ebpfkit::detach_reuseport(group.first()).error().code, ENOENT);
  const int alone = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto refused = object.program().attach_reuseport(alone);
  close(alone);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_THAT(refused.error().remedy, HasSubstr("SO_REUSEPORT"));
}

}  // namespace
