// Maps whose values are kernel objects: programs, maps, interfaces, CPUs, sockets, cgroups.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/descriptor_map.hpp"
#include "ebpfkit/device_map.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/map_of_maps.hpp"
#include "ebpfkit/program_array_map.hpp"
#include "ebpfkit/socket_map.hpp"
#include "ebpfkit/test_run.hpp"
#include "runtime_map_support.hpp"
#include "runtime_support.hpp"

namespace {

using testing::HasSubstr;

constexpr const char* object_programs = R"(
#define MAP(NAME, TYPE, ENTRIES, KEY, VALUE) \
  struct { __uint(type, TYPE); __uint(max_entries, ENTRIES); \
           __type(key, KEY); __type(value, VALUE); } NAME SEC(".maps")
MAP(calls, 3, 4, __u32, __u32);
MAP(groups, 8, 4, __u32, __u32);
MAP(devices, 14, 4, __u32, __u64);
MAP(narrow_devices, 25, 4, __u32, __u32);
MAP(cpus, 16, 4, __u32, __u64);
MAP(sockets, 15, 4, __u32, __u64);
MAP(named_sockets, 18, 4, __u64, __u32);
MAP(listeners, 20, 4, __u32, __u64);
MAP(events, 4, 4, __u32, __u32);
struct inner { __uint(type, 2); __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); };
struct inner first SEC(".maps"), second SEC(".maps");
MAP(other, 2, 3, __u32, __u64);
struct { __uint(type, 12); __uint(max_entries, 4); __type(key, __u32); __array(values, struct inner); }
  by_index SEC(".maps");
struct { __uint(type, 13); __uint(max_entries, 4); __type(key, __u64); __array(values, struct inner); }
  by_name SEC(".maps");

SEC("raw_tp") int jump(__u64 *context) {
  __u32 index = context[0];
  bpf_tail_call(context, &calls, index);
  return -1;
}
SEC("raw_tp") int one(__u64 *context) { return 1; }
SEC("raw_tp") int two(__u64 *context) { return 2; }

SEC("raw_tp") int read_event(__u64 *context) {
  struct { __u64 counter, enabled, running; } value = {};
  long error = bpf_perf_event_read_value(&events, context[0], (void *)&value, sizeof(value));
  return error ? error : value.counter != 0;
}

SEC("raw_tp") int read_inner(__u64 *context) {
  __u32 index = context[0], zero = 0;
  __u64 name = context[0];
  void *map = context[1] ? bpf_map_lookup_elem(&by_name, &name)
                         : bpf_map_lookup_elem(&by_index, &index);
  __u64 *value = map ? bpf_map_lookup_elem(map, &zero) : 0;
  return value ? *value : -1;
}

struct xdp_md { __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };
SEC("xdp/devmap") int on_egress(struct xdp_md *context) { return 2; }
SEC("xdp/cpumap") int on_cpu(struct xdp_md *context) { return 2; }
SEC("xdp") int plain(struct xdp_md *context) { return 2; }

struct __sk_buff { __u32 len; };
SEC("sk_skb/stream_verdict") int to_first(struct __sk_buff *skb) {
  return bpf_sk_redirect_map((void *)skb, &sockets, 0, 0);
}
)";

class runtime_object_maps : public ebpfkit::test::kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped())
      return;
    static const auto image = ebpfkit::test::compile(object_programs);
    ASSERT_FALSE(image.empty());
    object_ = std::make_unique<ebpfkit::test::opened_object>(image);
    ASSERT_TRUE(*object_);
    ASSERT_TRUE(object_->load());
  }

  ebpfkit::program program(const char* name) const {
    return ebpfkit::program(bpf_object__find_program_by_name(object_->get(), name));
  }
  bpf_map* map(const char* name) const { return object_->map(name); }
  int run(const char* name, std::vector<std::uint64_t> arguments) const {
    return object_->run(name, std::move(arguments));
  }

  std::unique_ptr<ebpfkit::test::opened_object> object_;
};

// A TCP connection over the loopback device, in the network of the test.
class connection {
 public:
  connection() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, generic, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    EXPECT_EQ(getsockname(listener, generic, &size), 0);
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client_, generic, size), 0);
    server_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_GE(server_, 0);
    const timeval limit{20, 0};
    setsockopt(client_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(server_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    close(listener);
  }
  ~connection() {
    close(client_);
    close(server_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  int client() const { return client_; }
  int server() const { return server_; }

 private:
  int client_ = -1;
  int server_ = -1;
};

std::string receive(int socket) {
  char text[16];
  const auto size = recv(socket, text, sizeof(text), 0);
  return size < 0 ? "error" : std::string(text, static_cast<std::size_t>(size));
}

std::uint64_t cookie_of(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  EXPECT_EQ(getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

TEST_F(runtime_object_maps, tail_calls_jump_to_programs) {
  ebpfkit::program_array_map calls(map("calls"));
  EXPECT_FALSE(calls.find_id(1).value().has_value());
  EXPECT_EQ(run("jump", {1}), -1);
  calls.set(1, program("one")).value();
  EXPECT_EQ(run("jump", {1}), 1);
  calls.set(1, program("two")).value();
  EXPECT_EQ(run("jump", {1}), 2);
  EXPECT_GT(calls.find_id(1).value().value(), 0U);
  EXPECT_TRUE(calls.erase(1).value());
  EXPECT_FALSE(calls.erase(1).value());
  EXPECT_EQ(run("jump", {1}), -1);
  const auto wrong_type = calls.set(2, program("plain"));
  ASSERT_FALSE(wrong_type);
  EXPECT_EQ(wrong_type.error().code, EINVAL);
  EXPECT_THAT(wrong_type.error().message(), HasSubstr("compare its type with the map's"));
  const auto outside = calls.set(4, program("one"));
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code, E2BIG);
  const auto closed = calls.set(0, -1);
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message(), HasSubstr("not open"));
}

TEST_F(runtime_object_maps, maps_hold_maps) {
  using inner = ebpfkit::map<std::uint32_t, std::uint64_t>;
  ebpfkit::map_of_maps<std::uint32_t, inner> by_index(map("by_index"));
  ebpfkit::map_of_maps<std::uint64_t, inner> by_name(map("by_name"));
  inner first(map("first"));
  inner second(map("second"));
  first.update(0, 11).value();
  second.update(0, 22).value();
  EXPECT_EQ(run("read_inner", {1, 0}), -1);
  by_index.set(1, first).value();
  by_name.set(7, second).value();
  EXPECT_EQ(run("read_inner", {1, 0}), 11);
  EXPECT_EQ(run("read_inner", {7, 1}), 22);
  by_index.set(1, second).value();
  EXPECT_EQ(run("read_inner", {1, 0}), 22);
  EXPECT_EQ(by_index.find_id(1).value(), by_name.find_id(7).value());
  EXPECT_FALSE(by_index.find_id(2).value().has_value());
  const auto other = by_index.set(0, inner(map("other")));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EINVAL);
  EXPECT_THAT(other.error().message(), HasSubstr("compare its type"));
  EXPECT_TRUE(by_name.erase(7).value());
  EXPECT_FALSE(by_name.erase(7).value());
  EXPECT_TRUE(by_index.erase(1).value());
  EXPECT_EQ(run("read_inner", {1, 0}), -1);
}

TEST_F(runtime_object_maps, devices_have_programs) {
  ebpfkit::device_map devices(map("devices"));
  EXPECT_FALSE(devices.find(2).value().has_value());
  EXPECT_FALSE(devices.erase(2).value());
  devices.set(2, "lo").value();
  EXPECT_EQ(devices.find(2).value().value().interface_index, if_nametoindex("lo"));
  EXPECT_EQ(devices.find(2).value().value().program_id, 0U);
  devices.set(2, "lo", program("on_egress")).value();
  EXPECT_GT(devices.find(2).value().value().program_id, 0U);
  EXPECT_TRUE(devices.erase(2).value());
  EXPECT_FALSE(devices.find(2).value().has_value());
  const auto nowhere = devices.set(0, "nowhere");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENODEV);
  EXPECT_THAT(nowhere.error().message(), HasSubstr("interface 'nowhere'"));
  EXPECT_EQ(devices.set(0, "lo", program("plain")).error().code, EINVAL);
  ebpfkit::device_map narrow(map("narrow_devices"));
  narrow.set(1000, "lo").value();
  EXPECT_EQ(narrow.find(1000).value().value().interface_index, if_nametoindex("lo"));
  const auto no_room = narrow.set(1001, "lo", program("on_egress"));
  ASSERT_FALSE(no_room);
  EXPECT_THAT(no_room.error().message(), HasSubstr("values of 8 bytes"));
}

TEST_F(runtime_object_maps, cpus_have_queues_and_programs) {
  ebpfkit::cpu_map cpus(map("cpus"));
  EXPECT_FALSE(cpus.find(0).value().has_value());
  cpus.set(0, 128).value();
  EXPECT_EQ(cpus.find(0).value().value().queue_size, 128U);
  cpus.set(0, 192, program("on_cpu")).value();
  EXPECT_EQ(cpus.find(0).value().value().queue_size, 192U);
  EXPECT_GT(cpus.find(0).value().value().program_id, 0U);
  EXPECT_TRUE(cpus.erase(0).value());
  EXPECT_FALSE(cpus.erase(0).value());
  EXPECT_EQ(cpus.set(0, 1U << 20).error().code, EOVERFLOW);
}

TEST_F(runtime_object_maps, sockets_get_what_a_program_redirects) {
  const ebpfkit::test::own_network network;
  if (system("ip -V >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no ip (iproute2)";
  ASSERT_EQ(system("ip link set lo up"), 0);
  const connection to;
  const connection from;
  ebpfkit::socket_map<std::uint32_t> sockets(map("sockets"));
  {
    const auto attached = sockets.attach(program("to_first")).value();
    sockets.set(0, to.server()).value();
    sockets.set(1, from.server()).value();
    EXPECT_EQ(sockets.find_cookie(1).value(), cookie_of(from.server()));
    EXPECT_FALSE(sockets.find_cookie(2).value().has_value());
    // What arrives at one connection leaves through the other.
    ASSERT_EQ(send(from.client(), "moved", 5, 0), 5);
    EXPECT_EQ(receive(to.client()), "moved");
    EXPECT_TRUE(sockets.erase(1).value());
    EXPECT_FALSE(sockets.erase(1).value());
    ASSERT_EQ(send(from.client(), "alone", 5, 0), 5);
    EXPECT_EQ(receive(from.server()), "alone");
  }
  sockets.set(2, from.server()).value();
  ASSERT_EQ(send(from.client(), "again", 5, 0), 5);
  EXPECT_EQ(receive(from.server()), "again");
  ebpfkit::socket_map<std::uint64_t> named(map("named_sockets"));
  named.set(1ULL << 40, from.client()).value();
  EXPECT_TRUE(named.erase(1ULL << 40).value());
  EXPECT_EQ(named.find_cookie(1).error().code, EINVAL);
  EXPECT_FALSE(sockets.set(3, STDIN_FILENO).has_value());
  const auto wrong = sockets.attach(program("one"));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("'one' to map 'sockets'"));
  EXPECT_THAT(wrong.error().remedy, HasSubstr("sk_skb/verdict"));
}

TEST_F(runtime_object_maps, arrays_hold_sockets_and_cgroups) {
  const int listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ASSERT_EQ(setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ebpfkit::descriptor_map<> listeners(map("listeners"));
  listeners.set(3, listener).value();
  EXPECT_TRUE(listeners.erase(3).value());
  EXPECT_FALSE(listeners.erase(3).value());
  EXPECT_FALSE(listeners.set(3, STDIN_FILENO).has_value());
  close(listener);

  const int group = open("/sys/fs/cgroup", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  ebpfkit::descriptor_map<> groups(map("groups"));
  const auto set = groups.set(1, group);
  if (set) {
    EXPECT_TRUE(groups.erase(1).value());
    EXPECT_FALSE(groups.erase(1).value());
  } else {
    EXPECT_EQ(set.error().code, EBADF);  // not a cgroup v2
  }
  close(group);
}

TEST_F(runtime_object_maps, arrays_hold_perf_events) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  const auto event =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  ASSERT_GE(event, 0) << std::strerror(errno);
  const auto declared = ebpfkit::untyped_map(map("events"));
  auto events = declared.as<ebpfkit::descriptor_map<>>().value();
  EXPECT_EQ(run("read_event", {2}), -ENOENT);
  events.set(2, event).value();
  EXPECT_EQ(run("read_event", {2}), 1);
  EXPECT_TRUE(events.erase(2).value());
  EXPECT_FALSE(events.erase(2).value());
  EXPECT_EQ(run("read_event", {2}), -ENOENT);
  const auto wrong = events.set(2, STDIN_FILENO);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, EBADF);
  EXPECT_EQ(events.set(4, event).error().code, E2BIG);
  close(event);
}

}  // namespace
