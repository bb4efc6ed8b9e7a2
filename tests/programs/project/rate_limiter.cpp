// Sends a burst to a port that has a limit and to one that has none, and counts what arrives.
#include "rate_limiter.skel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "common.hpp"

namespace {

constexpr unsigned packets = 50;  // so many fit into the buffer of a socket
constexpr unsigned burst = 10;
constexpr std::size_t payload = 958;
constexpr std::uint64_t nanoseconds_per_second = 1000000000;
constexpr std::size_t packet_size = payload + 42;  // Ethernet, IPv4 and UDP

void send_burst(const unique_descriptor& sender, std::uint16_t port) {
  const auto place = address_of("127.0.0.1", port);
  const std::string text(payload, 'x');
  for (unsigned packet = 0; packet < packets; ++packet)
    checked(sendto(sender.number(), text.data(), text.size(), 0,
                   reinterpret_cast<const sockaddr*>(&place), sizeof(place)),
            "sendto");
}

// On the loopback interface, packets have arrived when sendto() returns, or a moment later.
unsigned count_arrivals(const unique_descriptor& receiver, unsigned expected) {
  const timeval patience{0, 200000};
  const timeval long_patience{20, 0};
  unsigned arrived = 0;
  char byte = 0;
  for (;;) {
    const auto& wait = arrived < expected ? long_patience : patience;
    checked(setsockopt(receiver.number(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)),
            "SO_RCVTIMEO");
    if (recv(receiver.number(), &byte, 1, 0) < 0) {
      require(errno == EAGAIN, "recv failed");
      return arrived;
    }
    ++arrived;
  }
}

void limit_own_packets() {
  enter_own_network();
  const auto limited = open_udp("127.0.0.1");
  const auto unlimited = open_udp("127.0.0.1");
  const auto sender = open_udp("127.0.0.1");

  auto limiter = ebpf::rate_limiter::open_and_load().value();
  auto buckets = limiter.maps().buckets;
  ebpf::rate_limiter::bucket bucket{};
  bucket.size = burst * packet_size;
  bucket.rate = 1;  // byte a second: no packet more in the time of this test
  bucket.tokens = bucket.size * nanoseconds_per_second;
  buckets.update(port_of(limited), bucket).value();
  const auto attached =
      limiter.programs().limit.attach_tc("lo", ebpfkit::tc_direction::ingress).value();

  send_burst(sender, port_of(limited));
  send_burst(sender, port_of(unlimited));
  const auto passed = count_arrivals(limited, burst);
  const auto others = count_arrivals(unlimited, packets);

  const auto seen = buckets.find_locked(port_of(limited)).value();
  require(seen.has_value(), "the bucket is gone");
  std::printf("%llu packets passed, %llu were dropped\n",
              static_cast<unsigned long long>(seen->passed),
              static_cast<unsigned long long>(seen->dropped));
  require(passed == burst, "the limited port got " + std::to_string(passed) + " packets");
  require(seen->passed == burst && seen->dropped == packets - burst, "the counters are wrong");
  require(others == packets, "the port without a limit lost packets");
}

}  // namespace

int main() {
  return run_application(limit_own_packets);
}
