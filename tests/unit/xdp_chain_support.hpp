// Chains of XDP programs on the loopback interface of a network namespace: real packets meet them.
#pragma once

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <linux/types.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/xdp_chain.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"

namespace ebpfkit::test {

// Each program takes the next number of counts[0], which the test sets to 0, and writes it to its
// own place: counts[1] of `first` is 1 when it ran as the first program. counts[17] has how often
// it ran. Only UDP counts.
inline constexpr const char* chain_source = R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 32);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
struct xdp_md { __u32 data, data_end; };
static int run(struct xdp_md *context, __u32 key, int action) {
  unsigned char *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
  __u32 zero = 0, runs_key = key + 16;
  __u64 *last = bpf_map_lookup_elem(&counts, &zero);
  __u64 *own = bpf_map_lookup_elem(&counts, &key);
  __u64 *runs = bpf_map_lookup_elem(&counts, &runs_key);
  if (!last || !own || !runs || data + 34 > end || data[23] != 17)
    return 2;
  *own = ++*last;
  ++*runs;
  return action;
}
#define PROGRAM(NAME, KEY, ACTION) \
  SEC("xdp") int NAME(struct xdp_md *context) { return run(context, KEY, ACTION); }
PROGRAM(first, 1, 2) PROGRAM(second, 2, 2) PROGRAM(third, 3, 2) PROGRAM(dropping, 4, 1)
PROGRAM(alone, 5, 2)
PROGRAM(more_a, 6, 2) PROGRAM(more_b, 7, 2) PROGRAM(more_c, 8, 2) PROGRAM(more_d, 9, 2)
PROGRAM(more_e, 10, 2) PROGRAM(more_f, 11, 2) PROGRAM(more_g, 12, 2)
SEC("xdp.frags") int with_fragments(struct xdp_md *context) { return run(context, 13, 2); }
SEC("tc") int no_xdp(void *context) { return 0; }
)";

// The index of the loopback interface in each network namespace.
inline constexpr unsigned loopback_interface = 1;

class xdp_chain_test : public kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    static const bool has_trampolines = kernel_has_trampolines();
    if (!has_trampolines)
      GTEST_SKIP() << no_trampolines;
    image_ = compile(chain_source);
    files_ = std::make_unique<own_bpf_file_system>();
    ASSERT_TRUE(files_->is_mounted());
    ASSERT_EQ(mkdir(files_->path("own").c_str(), 0700), 0);
    ASSERT_EQ(setenv("LIBXDP_BPFFS", files_->path("own").c_str(), 1), 0);
    network_.emplace();
    socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    request.ifr_name[0] = 'l';
    request.ifr_name[1] = 'o';
    request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
    ASSERT_EQ(ioctl(socket_, SIOCSIFFLAGS, &request), 0);
    const timeval limit{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    ASSERT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address_), size), 0);
    ASSERT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
    ASSERT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address_), size), 0);
  }

  void TearDown() override {
    unsetenv("LIBXDP_BPFFS");
    if (socket_ >= 0)
      close(socket_);
  }

  // Sends a packet to this socket and waits until it has arrived.
  void send_packet() {
    char byte = 0;
    ASSERT_EQ(send(socket_, &byte, 1, 0), 1);
    ASSERT_EQ(recv(socket_, &byte, 1, 0), 1) << strerror(errno);
  }

  std::vector<std::string> names_of_pins() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(files_->path("own/xdp")))
      names.push_back(each.path().filename().string());
    return names;
  }

  bytes image_;
  std::unique_ptr<own_bpf_file_system> files_;
  std::optional<own_network> network_;
  int socket_ = -1;
  sockaddr_in address_{};
};

// The object, of which load() loads no program. Older kernels do not load all of them.
inline dynamic_object open_chain_object(const bytes& image,
                                        const bpf_object_open_opts* options = nullptr) {
  auto opened = dynamic_object::open_bytes(image.data(), image.size(), "chain", options).value();
  for (auto each : opened.programs())
    each.set_autoload(false).value();
  return opened;
}

// The object, with some of its programs prepared for chains. Only these are loaded.
class chain_object {
 public:
  unsigned protocol = xdp_chain_options().protocol;

  chain_object(const bytes& image, const std::vector<std::string>& names,
               const bpf_object_open_opts* options = nullptr)
      : object_(open_chain_object(image, options)) {
    for (const auto& name : names) {
      auto program = object_.find_program(name).value();
      program.set_autoload(true).value();
      members_.push_back(xdp_chain_program::prepare(program).value());
    }
    object_.load().value();
  }

  xdp_chain_program& operator[](std::size_t index) { return members_[index]; }
  dynamic_object& object() { return object_; }

  xdp_chain_link attach(std::size_t index, std::uint32_t priority,
                        std::vector<xdp_action> continue_on = {xdp_action::pass}) {
    xdp_chain_options options;
    options.priority = priority;
    options.continue_on = std::move(continue_on);
    options.protocol = protocol;
    return members_[index].attach(loopback_interface, options).value();
  }

  // The places of the programs with these numbers in the run of one packet; 0: it did not run.
  template <class Send>
  std::vector<std::uint64_t> order_of(const std::vector<std::uint32_t>& numbers, Send send) {
    auto map = counts();
    for (std::uint32_t key = 0; key < 32; ++key)
      map.update(key, 0).value();
    send();
    std::vector<std::uint64_t> places;
    for (const auto number : numbers)
      places.push_back(map.find(number).value().value_or(0));
    return places;
  }

  ebpfkit::map<std::uint32_t, std::uint64_t> counts() {
    return object_.find_map<ebpfkit::map<std::uint32_t, std::uint64_t>>("counts").value();
  }

 private:
  dynamic_object object_;
  std::vector<xdp_chain_program> members_;
};

inline std::vector<std::string> chain_names() {
  std::vector<std::string> names;
  for (const auto& each : xdp_chain_programs(loopback_interface).value())
    names.push_back(each.name);
  return names;
}

inline std::uint32_t attached_id() {
  __u32 id = 0;
  EXPECT_EQ(bpf_xdp_query_id(static_cast<int>(loopback_interface), 0, &id), 0);
  return id;
}

// What `ebpfkit inspect xdp-advice` prints about the loopback interface. tests/vm brings the tool.
inline std::string advice_of_tool(const std::string& options) {
  const std::string tool = getenv("EBPFKIT_TOOL_TO_TEST");
  const auto command = "'" + tool + "' inspect xdp-advice --interface lo --interval 0.3 " + options;
  std::string text;
  FILE* stream = popen((command + " 2>&1").c_str(), "re");
  if (!stream)
    return text;
  char part[512];
  while (fgets(part, sizeof(part), stream))
    text += part;
  EXPECT_EQ(pclose(stream), 0) << text;
  return text;
}

// Whether the kernel tells whose function a link replaces.
inline bool kernel_names_members() {
  return ebpfkit::detail::if_older_than({5, 13}, "").empty();
}

}  // namespace ebpfkit::test
