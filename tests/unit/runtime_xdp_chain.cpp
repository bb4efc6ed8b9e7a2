// Chains of XDP programs on the loopback interface of a network namespace: real packets meet them.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attach/xdp_dispatcher.hpp"
#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/xdp_chain.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"
#include "system/unique_fd.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::detach_from_xdp_chain;
using ebpfkit::dynamic_object;
using ebpfkit::xdp_action;
using ebpfkit::xdp_chain_link;
using ebpfkit::xdp_chain_options;
using ebpfkit::xdp_chain_program;
using ebpfkit::xdp_chain_programs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Each program takes the next number of counts[0], which the test sets to 0, and writes it to its
// own place: counts[1] of `first` is 1 when it ran as the first program. counts[17] has how often
// it ran. Only UDP counts.
constexpr const char* chain_source = R"(
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

constexpr unsigned loopback = 1;  // the index of the interface in each network namespace

class runtime_xdp_chain : public kernel_test {
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

// Keeps the calling thread, and threads that it makes, on one CPU until destruction.
class one_cpu {
 public:
  one_cpu() {
    sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    CPU_SET(sched_getcpu(), &wanted);
    EXPECT_EQ(sched_setaffinity(0, sizeof(wanted), &wanted), 0);
  }
  ~one_cpu() { sched_setaffinity(0, sizeof(before_), &before_); }
  one_cpu(const one_cpu&) = delete;
  one_cpu& operator=(const one_cpu&) = delete;

 private:
  cpu_set_t before_;
};

// The object, of which load() loads no program. Older kernels do not load all of them.
dynamic_object open_chain_object(const bytes& image,
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
    return members_[index].attach(loopback, options).value();
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

std::vector<std::string> chain_names() {
  std::vector<std::string> names;
  for (const auto& each : xdp_chain_programs(loopback).value())
    names.push_back(each.name);
  return names;
}

std::uint32_t attached_id() {
  __u32 id = 0;
  EXPECT_EQ(bpf_xdp_query_id(static_cast<int>(loopback), 0, &id), 0);
  return id;
}

TEST_F(runtime_xdp_chain, programs_run_by_priority_until_they_are_detached) {
  chain_object object(image_, {"first", "second", "third"});
  const auto send = [&] { send_packet(); };
  EXPECT_THAT(chain_names(), IsEmpty());
  auto second = object.attach(1, 20);
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(0, 1, 0));
  auto third = object.attach(2, 30);
  auto first = object.attach(0, 10);
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  EXPECT_THAT(names_of_pins(), ElementsAre("dispatch-1-" + std::to_string(attached_id())));
  const auto entries = xdp_chain_programs("lo").value();
  EXPECT_EQ(entries[1].program_id, second.program_id());
  EXPECT_EQ(entries[1].priority, 20U);
  EXPECT_THAT(entries[1].continue_on, ElementsAre(xdp_action::pass));
  EXPECT_FALSE(entries[1].has_fragments);

  const auto detached = second.detach();
  ASSERT_TRUE(detached) << detached.error().message();
  EXPECT_FALSE(second);
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(1, 0, 2));
  first = object.attach(1, 40);  // `second` comes, then the program that the link had leaves
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(0, 2, 1));
  EXPECT_TRUE(third.detach());
  EXPECT_TRUE(first.detach());
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(0, 0, 0));
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_chain, actions_end_the_chain_or_continue_it) {
  chain_object object(image_, {"first", "dropping", "third"});
  const auto run = [&] {
    std::array<unsigned char, 64> frame{};
    frame[23] = 17;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = frame.size();
    EXPECT_EQ(bpf_prog_test_run_opts(program.get(), &options), 0);
    return options.retval;
  };
  std::uint32_t action = 0;
  const auto keep_action = [&] { action = run(); };
  auto first = object.attach(0, 10, {});
  auto third = object.attach(2, 30);
  EXPECT_THAT(object.order_of({1, 4, 3}, keep_action), ElementsAre(1, 0, 0));
  EXPECT_EQ(action, 2U);
  ASSERT_TRUE(first.detach());
  {
    const auto ends = object.attach(1, 20);
    EXPECT_THAT(object.order_of({1, 4, 3}, keep_action), ElementsAre(0, 1, 0));
    EXPECT_EQ(action, 1U);
  }
  const auto goes_on = object.attach(1, 20, {xdp_action::drop, xdp_action::tx});
  EXPECT_THAT(object.order_of({1, 4, 3}, keep_action), ElementsAre(0, 1, 2));
  EXPECT_EQ(action, 2U);
  EXPECT_THAT(xdp_chain_programs(loopback).value()[0].continue_on,
              ElementsAre(xdp_action::drop, xdp_action::tx));
}

TEST_F(runtime_xdp_chain, equal_priorities_run_by_name_and_age) {
  chain_object object(image_, {"third", "first", "second"});
  chain_object newer(image_, {"first"});
  const auto a = newer.attach(0, 50);
  const auto b = object.attach(0, 50);
  const auto c = object.attach(1, 50);
  const auto d = object.attach(2, 50);
  EXPECT_THAT(chain_names(), ElementsAre("first", "first", "second", "third"));
  EXPECT_EQ(xdp_chain_programs(loopback).value()[0].program_id, a.program_id());
}

// On one CPU, because QEMU's emulation of several fails now and then while the kernel patches its
// code: bpf_dispatcher_xdp_func(), which each change of an XDP program patches, then stops the
// kernel with "Oops: int3" when another CPU receives a packet (QEMU 7.2, Linux 6.12).
TEST_F(runtime_xdp_chain, no_packet_misses_a_program_that_stays) {
  const one_cpu together;
  chain_object object(image_, {"first", "second"});
  const auto first = object.attach(0, 10, {xdp_action::pass});
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> sent{0};
  std::thread sender([&] {
    while (!is_done && !HasFailure()) {
      send_packet();
      ++sent;
    }
  });
  for (int i = 0; i < 4; ++i) {
    const auto added = object.attach(1, 20, {});
    for (const auto before = sent.load(); sent < before + 10 && !HasFailure();)
      std::this_thread::yield();
  }
  is_done = true;
  sender.join();
  const auto runs_of = [&](std::uint32_t number) {
    return object.counts().find(number + 16).value().value_or(0);
  };
  EXPECT_EQ(runs_of(1), sent.load());
  EXPECT_GE(runs_of(2), 36U);  // one of ten can be on its way when `second` comes
}

TEST_F(runtime_xdp_chain, programs_that_are_alone_are_never_replaced) {
  auto plain = open_chain_object(image_);
  auto program = plain.find_program("alone").value();
  ASSERT_TRUE(program.set_autoload(true));
  ASSERT_TRUE(plain.load());
  const auto alone = program.attach_xdp(loopback).value();
  const auto id = attached_id();
  chain_object object(image_, {"first"});
  const auto refused = object[0].attach(loopback);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EBUSY);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("cannot attach program 'first' to the XDP chain of interface 'lo'"));
  EXPECT_THAT(refused.error().remedy,
              HasSubstr("The program 'alone' (id " + std::to_string(id) +
                        ") is attached there, and is no dispatcher of a chain"));
  EXPECT_EQ(xdp_chain_programs(loopback).error().code, EBUSY);
  EXPECT_EQ(detach_from_xdp_chain(loopback, id).error().code, EBUSY);
  EXPECT_EQ(attached_id(), id);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_chain, dispatchers_of_other_versions_stay) {
  ebpfkit::detail::xdp_dispatcher_settings settings;
  settings.count = 1;
  settings.version = 4;
  const auto dispatcher = ebpfkit::detail::load_xdp_dispatcher(settings);
  ASSERT_TRUE(dispatcher.program);
  ASSERT_EQ(bpf_xdp_attach(static_cast<int>(loopback), dispatcher.program.get(), 0, nullptr), 0);
  const auto id = attached_id();
  chain_object object(image_, {"first"});
  const auto refused = object[0].attach(loopback);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EPROTONOSUPPORT);
  EXPECT_THAT(refused.error().remedy,
              HasSubstr("another version of libxdp's protocol than 2 and 3"));
  EXPECT_EQ(attached_id(), id);
}

TEST_F(runtime_xdp_chain, a_chain_keeps_its_version) {
  chain_object object(image_, {"first", "second"});
  const auto version = [] {
    ebpfkit::detail::xdp_dispatcher_settings found;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    EXPECT_EQ(ebpfkit::detail::read_xdp_dispatcher(program.get(), found), 0);
    return found.version;
  };
  {
    const auto first = object.attach(0, 10);
    EXPECT_EQ(version(), 2);
    object.protocol = 3;
    const auto second = object.attach(1, 20);
    EXPECT_EQ(version(), 2);
  }
  const auto first = object.attach(0, 10);
  EXPECT_EQ(version(), 3);
  object.protocol = 2;
  const auto second = object.attach(1, 20);
  EXPECT_EQ(version(), 3);
  EXPECT_THAT(object.order_of({1, 2}, [&] { send_packet(); }), ElementsAre(1, 2));
}

// Version 3 of the protocol tells that the dispatcher is bound to a device.
TEST_F(runtime_xdp_chain, a_chain_of_device_bound_programs_stays) {
  chain_object object(image_, {"first", "second"});
  auto first = object.attach(0, 10);
  ebpfkit::detail::xdp_dispatcher_settings settings;
  settings.version = 3;
  settings.count = 1;
  settings.is_device_bound = 1;
  const auto dispatcher = ebpfkit::detail::load_xdp_dispatcher(settings);
  ASSERT_TRUE(dispatcher.program);
  ASSERT_EQ(bpf_xdp_attach(static_cast<int>(loopback), dispatcher.program.get(), 0, nullptr), 0);
  const auto prefix = files_->path("own/xdp/dispatch-1-");
  const auto id = attached_id();
  ASSERT_EQ(mkdir((prefix + std::to_string(id)).c_str(), 0700), 0);
  ASSERT_TRUE(object.object().find_program("first").value().pin(prefix + std::to_string(id) +
                                                                "/prog0-prog"));
  const auto refused = object[1].attach(loopback);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EOPNOTSUPP);
  EXPECT_THAT(refused.error().remedy, HasSubstr("bound to the device"));
  EXPECT_EQ(attached_id(), id);
  EXPECT_TRUE(first.detach());
  EXPECT_EQ(attached_id(), 0U);
}

TEST_F(runtime_xdp_chain, a_chain_without_its_pins_stays) {
  chain_object object(image_, {"first", "second"});
  auto first = object.attach(0, 10);
  const auto directory = files_->path("own/xdp/dispatch-1-") + std::to_string(attached_id());
  ASSERT_EQ(rename(directory.c_str(), files_->path("elsewhere").c_str()), 0);
  const auto refused = object[1].attach(loopback);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENOENT);
  EXPECT_THAT(refused.error().remedy, HasSubstr("'" + directory + "' has no such pins"));
  ASSERT_EQ(rename(files_->path("elsewhere").c_str(), directory.c_str()), 0);
  EXPECT_TRUE(first.detach());
}

TEST_F(runtime_xdp_chain, processes_share_a_chain) {
  chain_object object(image_, {"first", "third"});
  auto first = object.attach(0, 10);
  auto third = object.attach(1, 30);
  {
    // The child is killed, so the destructor of its link does not run.
    std::optional<xdp_chain_link> kept;
    lingering_child child([&] {
      chain_object own(image_, {"second"});
      kept.emplace(own.attach(0, 20));
      return chain_names().size() == 3;
    });
  }
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  const auto id = xdp_chain_programs(loopback).value()[1].program_id;
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(chain_names(), ElementsAre("second", "third"));
  EXPECT_TRUE(detach_from_xdp_chain(loopback, id).value());
  EXPECT_FALSE(detach_from_xdp_chain(loopback, id).value());
  EXPECT_THAT(chain_names(), ElementsAre("third"));
  third.release();
  EXPECT_FALSE(third);
  EXPECT_TRUE(third.detach());
  EXPECT_THAT(chain_names(), ElementsAre("third"));
  EXPECT_TRUE(detach_from_xdp_chain("lo", xdp_chain_programs("lo").value()[0].program_id).value());
  EXPECT_EQ(attached_id(), 0U);
}

TEST_F(runtime_xdp_chain, a_change_whose_process_was_killed_is_ended) {
  chain_object object(image_, {"first", "second"});
  auto first = object.attach(0, 10);
  struct stat about {};
  ASSERT_EQ(stat("/proc/thread-self/ns/net", &about), 0);
  const auto prefix = files_->path("own/xdp/ebpfkit-" + std::to_string(about.st_ino) + "-1-");
  // Killed behind the exchange of the dispatcher: its directory has no final name, and that of the
  // dispatcher before is still there.
  const auto directory = files_->path("own/xdp/dispatch-1-" + std::to_string(attached_id()));
  ASSERT_EQ(rename(directory.c_str(), (prefix + std::to_string(attached_id())).c_str()), 0);
  ASSERT_EQ(mkdir((prefix + "4000000000").c_str(), 0700), 0);
  ASSERT_TRUE(object.object().find_program("second").value().pin(prefix + "4000000000/prog0-prog"));
  // Other interfaces and network namespaces are not touched.
  ASSERT_EQ(mkdir(files_->path("own/xdp/ebpfkit-1-1-7").c_str(), 0700), 0);
  EXPECT_THAT(chain_names(), ElementsAre("first"));
  EXPECT_THAT(names_of_pins(), testing::UnorderedElementsAre(
                                   "ebpfkit-1-1-7", "dispatch-1-" + std::to_string(attached_id())));
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(names_of_pins(), ElementsAre("ebpfkit-1-1-7"));
}

TEST_F(runtime_xdp_chain, a_new_version_replaces_an_old_one_in_one_step) {
  chain_object old_version(image_, {"first"});
  auto old_link = old_version.attach(0, 10);
  chain_object new_version(image_, {"second"});
  xdp_chain_options options;
  options.replaces = 4000000000;
  const auto missing = new_version[0].attach(loopback, options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_EQ(missing.error().remedy, "The program to replace (id 4000000000) is not in the chain.");
  options.replaces = old_link.program_id();
  const auto attached = new_version[0].attach(loopback, options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_THAT(chain_names(), ElementsAre("second"));
  EXPECT_TRUE(old_link.detach());  // it is not there any more
  EXPECT_THAT(chain_names(), ElementsAre("second"));
}

TEST_F(runtime_xdp_chain, the_chain_keeps_its_mode_and_its_fragments) {
  chain_object object(image_, {"with_fragments", "first"});
  xdp_chain_options options;
  options.mode = ebpfkit::xdp_mode::native;
  const auto no_driver = object[0].attach(loopback, options);
  ASSERT_FALSE(no_driver);
  EXPECT_THAT(no_driver.error().remedy, HasSubstr("xdp_mode::generic"));
  EXPECT_THAT(names_of_pins(), IsEmpty());
  options.mode = ebpfkit::xdp_mode::generic;
  const auto attached = object[0].attach(loopback, options);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto read = [] {
    ebpfkit::detail::xdp_dispatcher_settings found;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    EXPECT_EQ(ebpfkit::detail::read_xdp_dispatcher(program.get(), found), 0);
    return found;
  };
  const bool kernel_has_fragments = ebpfkit::detail::if_older_than({5, 18}, "").empty();
  EXPECT_EQ(read().has_fragments, kernel_has_fragments ? 1 : 0);
  EXPECT_TRUE(xdp_chain_programs(loopback).value()[0].has_fragments);
  options.mode = ebpfkit::xdp_mode::native;
  const auto other = object[1].attach(loopback, options);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EBUSY);
  EXPECT_THAT(other.error().remedy, HasSubstr("The chain runs there in generic mode"));
  const auto first = object.attach(1, 10);
  EXPECT_EQ(read().has_fragments, 0);
  EXPECT_TRUE(xdp_chain_programs(loopback).value()[1].has_fragments);
}

TEST_F(runtime_xdp_chain, ten_programs_fit) {
  const std::vector<std::string> names{"first",  "second", "third",  "alone",  "more_a", "more_b",
                                       "more_c", "more_d", "more_e", "more_f", "more_g"};
  chain_object object(image_, names);
  std::vector<xdp_chain_link> links;
  links.reserve(names.size());
  for (std::size_t i = 0; i < ebpfkit::most_xdp_chain_programs; ++i)
    links.push_back(object.attach(i, static_cast<std::uint32_t>(100 - i)));
  EXPECT_THAT(object.order_of({1, 5, 11}, [&] { send_packet(); }), ElementsAre(10, 7, 1));
  const auto full = object[10].attach(loopback);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ENOSPC);
  EXPECT_EQ(full.error().remedy, "A chain has at most 10 programs.");
  const auto again = object[0].attach(loopback);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, EEXIST);
}

TEST_F(runtime_xdp_chain, errors_say_what_is_missing) {
  auto opened = open_chain_object(image_);
  ASSERT_TRUE(opened.find_program("first").value().set_autoload(true));
  const auto no_xdp = xdp_chain_program::prepare(opened.find_program("no_xdp").value());
  ASSERT_FALSE(no_xdp);
  EXPECT_EQ(no_xdp.error().code, EINVAL);
  EXPECT_THAT(no_xdp.error().message(),
              HasSubstr("cannot prepare program 'no_xdp' for XDP chains"));
  auto member = xdp_chain_program::prepare(opened.find_program("first").value());
  ASSERT_TRUE(member) << member.error().message();
  const auto early = member->attach(loopback);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EBADF);
  EXPECT_THAT(early.error().remedy, HasSubstr("is not loaded"));
  const auto loaded = opened.load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto late = xdp_chain_program::prepare(opened.find_program("second").value());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, EBUSY);
  EXPECT_EQ(late.error().remedy, "Call it between open() and load().");
  const auto nowhere = member->attach("no-such-device");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENODEV);
  EXPECT_EQ(xdp_chain_programs("no-such-device").error().code, ENODEV);
  xdp_chain_options options;
  options.mode = ebpfkit::xdp_mode::offload;
  EXPECT_EQ(member->attach(loopback, options).error().code, EINVAL);
  options = {};
  options.protocol = 4;
  EXPECT_THAT(member->attach(loopback, options).error().remedy, HasSubstr("knows 2 and 3"));
  options = {};
  options.continue_on = {static_cast<xdp_action>(31)};
  EXPECT_THAT(member->attach(loopback, options).error().remedy, HasSubstr("continue_on"));
  ASSERT_EQ(setenv("LIBXDP_BPFFS", "/proc", 1), 0);
  const auto no_files = member->attach(loopback);
  ASSERT_FALSE(no_files);
  EXPECT_THAT(no_files.error().remedy, HasSubstr("'/proc/xdp' needs a BPF file system"));
  EXPECT_EQ(attached_id(), 0U);
}

// What `ebpfkit inspect xdp-advice` prints about the loopback interface. tests/vm brings the tool.
std::string advice_of_tool(const std::string& options) {
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
bool kernel_names_members() {
  return ebpfkit::detail::if_older_than({5, 13}, "").empty();
}

TEST_F(runtime_xdp_chain, programs_and_maps_are_told_by_the_host_tool) {
  if (!getenv("EBPFKIT_TOOL_TO_TEST"))
    GTEST_SKIP() << "no host tool is given (EBPFKIT_TOOL_TO_TEST)";
  chain_object object(image_, {"first", "second"});
  const auto second = object.attach(1, 20);
  const auto first = object.attach(0, 10);
  const auto text = advice_of_tool("");
  EXPECT_THAT(text, HasSubstr("lo: the program is the dispatcher of an XDP chain"));
  const auto document = advice_of_tool("--json");
  if (!kernel_names_members()) {
    EXPECT_THAT(text, HasSubstr("The chain has 2 programs, of which the kernel names 0."));
    EXPECT_THAT(document, HasSubstr("\"chain\": []"));
    return;
  }
  EXPECT_THAT(text, testing::ContainsRegex("10 .*first\n +20 .*second\n"));
  EXPECT_THAT(text, testing::ContainsRegex("counts +array +32 "));
  EXPECT_THAT(document,
              testing::ContainsRegex("\"program_name\": \"first\",\n *\"priority\": 10\n"));
}

// Programs of xdp-loader and of EbpfKit on one interface. They count in one map, which both pin in
// the same directory.
class runtime_xdp_loader : public runtime_xdp_chain {
 protected:
  void SetUp() override {
    runtime_xdp_chain::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    std::string source = chain_source;
    source.insert(source.find("} counts SEC"), "__uint(pinning, LIBBPF_PIN_BY_NAME); ");
    const auto image = compile(source);
    if (system("command -v xdp-loader >/dev/null") != 0)
      GTEST_SKIP() << "there is no xdp-loader (package xdp-tools)";
    std::ofstream(program_, std::ios::binary)
        .write(reinterpret_cast<const char*>(image.data()),
               static_cast<std::streamsize>(image.size()));
    pins_ = files_->path("own");
    options_.sz = sizeof(options_);
    options_.pin_root_path = pins_.c_str();
    object_.emplace(image, std::vector<std::string>{"first", "second", "third"}, &options_);
    object_->protocol = protocol_of_other();
  }

  // libxdp adds no program to a chain of an older version of the protocol than its own.
  unsigned protocol_of_other() {
    load_by_other("first", 10);
    ebpfkit::detail::xdp_dispatcher_settings found;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    EXPECT_EQ(ebpfkit::detail::read_xdp_dispatcher(program.get(), found), 0);
    unload_by_other("--all");
    return found.version;
  }

  // Runs xdp-loader with these arguments and keeps what it prints.
  bool run(const std::string& arguments) {
    output_.clear();
    FILE* stream = popen(("xdp-loader " + arguments + " 2>&1").c_str(), "re");
    if (!stream)
      return false;
    char part[512];
    while (fgets(part, sizeof(part), stream))
      output_ += part;
    return pclose(stream) == 0;
  }

  void load_by_other(const std::string& name, unsigned priority) {
    EXPECT_TRUE(run("load lo '" + program_.string() + "' --mode skb --pin-path '" + pins_ +
                    "' --prog-name " + name + " --prio " + std::to_string(priority)))
        << output_;
  }

  void unload_by_other(const std::string& which) {
    EXPECT_TRUE(run("unload lo " + which)) << output_;
  }

  std::string id_of(const std::string& name) {
    for (const auto& each : xdp_chain_programs(loopback).value())
      if (each.name == name)
        return std::to_string(each.program_id);
    ADD_FAILURE() << "the chain has no program '" << name << "'";
    return "0";
  }

  // The places of `first`, `second` and `third` in the run of one packet.
  std::vector<std::uint64_t> order() {
    return object_->order_of({1, 2, 3}, [this] { send_packet(); });
  }

  const temporary_directory work_;
  const std::filesystem::path program_ = work_ / "chain.bpf.o";
  std::string pins_;
  std::string output_;
  bpf_object_open_opts options_{};
  std::optional<chain_object> object_;
};

TEST_F(runtime_xdp_loader, finds_a_chain_and_adds_to_it) {
  auto first = object_->attach(0, 10);
  auto third = object_->attach(2, 30);
  load_by_other("second", 20);
  EXPECT_THAT(order(), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  if (getenv("EBPFKIT_TOOL_TO_TEST") && kernel_names_members()) {
    EXPECT_THAT(advice_of_tool(""),
                testing::ContainsRegex("10 .*first\n +20 .*second\n +30 .*third\n"));
  }
  EXPECT_TRUE(run("status lo")) << output_;
  EXPECT_THAT(output_, testing::ContainsRegex("first(.|\n)*second(.|\n)*third"));
  // Those that stay run on, whoever takes the other one out.
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(order(), ElementsAre(0, 1, 2));
  unload_by_other("--id " + id_of("second"));
  EXPECT_THAT(order(), ElementsAre(0, 0, 1));
  EXPECT_TRUE(third.detach());
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_loader, has_a_chain_that_is_joined) {
  load_by_other("third", 30);
  load_by_other("first", 10);
  auto second = object_->attach(1, 20);
  EXPECT_THAT(order(), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  unload_by_other("--id " + id_of("first"));
  EXPECT_THAT(order(), ElementsAre(0, 1, 2));
  EXPECT_TRUE(second.detach());
  EXPECT_THAT(order(), ElementsAre(0, 0, 1));
  const auto id = xdp_chain_programs(loopback).value()[0].program_id;
  EXPECT_TRUE(detach_from_xdp_chain(loopback, id).value());
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_loader, may_take_all_programs_away) {
  auto second = object_->attach(1, 20);
  load_by_other("first", 10);
  unload_by_other("--id " + std::to_string(second.program_id()));
  EXPECT_THAT(order(), ElementsAre(1, 0, 0));
  EXPECT_TRUE(second.detach());  // it is not there any more
  EXPECT_THAT(order(), ElementsAre(1, 0, 0));
  auto third = object_->attach(2, 30);
  unload_by_other("--all");
  EXPECT_THAT(order(), ElementsAre(0, 0, 0));
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_TRUE(third.detach());
  EXPECT_THAT(names_of_pins(), IsEmpty());
  third = object_->attach(2, 30);
  EXPECT_THAT(order(), ElementsAre(0, 0, 1));
}

}  // namespace
