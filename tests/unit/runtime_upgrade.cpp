// Programs and maps that outlive an application, and maps that several objects share. One test
// exchanges a running application and counts every packet.
#include <bpf/bpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/map_declaration.hpp"
#include "ebpfkit/pinned_map.hpp"
#include "ebpfkit/pinned_program.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_network_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using ebpfkit::map_declaration;
using ebpfkit::pinned_program;
using testing::HasSubstr;
using counts_map = ebpfkit::map<std::uint32_t, std::uint64_t>;

// An application in two versions. `NUMBER` tells which of the versions has counted a packet;
// counts[0] has all packets.
std::string version(int number) {
  return "#define NUMBER " + std::to_string(number) + R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
struct xdp_md { __u32 data, data_end; };
static void add(__u32 key) {
  __u64 *value = bpf_map_lookup_elem(&counts, &key);
  if (value) __sync_fetch_and_add(value, 1);
}
SEC("xdp") int packet(struct xdp_md *context) {
  unsigned char *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
  if (data + 14 <= end && data[12] == 0x88 && data[13] == 0xb5) {
    add(0);
    add(NUMBER);
  }
  return 2;
}
)";
}

class runtime_upgrade : public network_test {
 protected:
  void SetUp() override {
    network_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    files_ = std::make_unique<own_bpf_file_system>();
    if (!files_->is_mounted())
      GTEST_SKIP() << "cannot mount a BPF file system";
  }

  static dynamic_object open(int number) {
    const auto image = compile(version(number));
    return dynamic_object::open_bytes(image.data(), image.size(), "application").value();
  }
  static ebpfkit::program packet(const dynamic_object& object) {
    return object.find_program("packet").value();
  }
  static counts_map counts(const dynamic_object& object) {
    return object.find_map<counts_map>("counts").value();
  }
  std::string path(const std::string& name) const { return files_->path(name); }

  // Does what an application does when it starts, in this version for the first time or not.
  void start(int number) {
    auto object = open(number);
    counts(object).reuse_or_pin(path("counts")).value();
    object.load().value();
    if (auto running = ebpfkit::link::open(path("link"))) {
      running->update(packet(object)).value();
      return;
    }
    auto attached = packet(object).attach_xdp("right").value();
    attached.pin(path("link")).value();
  }

  std::unique_ptr<own_bpf_file_system> files_;
};

TEST_F(runtime_upgrade, no_packet_and_no_content_is_lost) {
  start(1);
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> sent{0};
  std::thread sender([&] {
    while (!is_done) {
      send_frame();
      ++sent;
    }
  });
  // Each version counts some packets before the next one comes.
  const auto wait_for_packets = [&] {
    for (const auto before = sent.load(); sent < before + 50 && !HasFailure();)
      std::this_thread::yield();
  };
  for (const int number : {2, 3, 2, 1, 3}) {
    wait_for_packets();
    start(number);
  }
  wait_for_packets();
  is_done = true;
  sender.join();
  auto reader = open(1);
  EXPECT_TRUE(counts(reader).reuse_pinned(path("counts")).value());
  ASSERT_TRUE(reader.load());
  const auto of = [&](std::uint32_t key) { return counts(reader).find(key).value().value_or(0); };
  EXPECT_EQ(of(0), sent.load());
  EXPECT_EQ(of(1) + of(2) + of(3), sent.load());
  for (const std::uint32_t number : {1U, 2U, 3U})
    EXPECT_GE(of(number), 40U) << number;
}

TEST_F(runtime_upgrade, objects_share_a_map) {
  auto first = open(1);
  auto second = open(2);
  const auto early = map_declaration(counts(second)).share(counts(first));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EBADF);
  ASSERT_TRUE(first.load());
  const auto shared = map_declaration(counts(second)).share(counts(first));
  ASSERT_TRUE(shared) << shared.error().message();
  ASSERT_TRUE(second.load());
  ASSERT_TRUE(counts(first).update(3, 42));
  EXPECT_EQ(counts(second).find(3).value(), 42U);
  EXPECT_EQ(map_declaration(counts(second)).share(counts(first)).error().code, EBUSY);
}

TEST_F(runtime_upgrade, maps_that_differ_are_not_shared) {
  auto first = open(1);
  ASSERT_TRUE(map_declaration(counts(first)).set_max_entries(5));
  ASSERT_TRUE(first.load());
  auto second = open(2);
  const auto other = map_declaration(counts(second)).share(counts(first));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EINVAL);
  EXPECT_EQ(other.error().remedy,
            "That map has max_entries 5, the program's map has 4. Make the two maps equal.");
  const auto program = map_declaration(counts(second)).share_fd(packet(first).fd());
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, EBADF);
}

// A child process gets the descriptor by fork(); a stranger would get it over a Unix socket.
TEST_F(runtime_upgrade, processes_share_a_map) {
  auto first = open(1);
  ASSERT_TRUE(first.load());
  const int descriptor = counts(first).fd();
  const pid_t child = fork();
  if (child == 0) {
    auto second = open(2);
    const bool done = map_declaration(counts(second)).share_fd(descriptor) && second.load() &&
                      counts(second).update(2, 7);
    _exit(done ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(counts(first).find(2).value(), 7U);
}

TEST_F(runtime_upgrade, maps_are_opened_without_their_object) {
  {
    auto object = open(2);
    ASSERT_TRUE(object.load());
    ASSERT_TRUE(counts(object).update(3, 42));
    ASSERT_TRUE(counts(object).pin(path("counts")));
    ASSERT_TRUE(packet(object).pin(path("program")));
  }
  auto opened = ebpfkit::pinned_map::open(path("counts"));
  ASSERT_TRUE(opened) << opened.error().message();
  auto moved = *std::move(opened);
  EXPECT_STREQ(moved.map().name(), "counts");
  EXPECT_GE(moved.map().fd(), 0);
  auto typed = moved.as<counts_map>();
  ASSERT_TRUE(typed) << typed.error().message();
  EXPECT_EQ(typed->find(3).value(), 42U);
  EXPECT_EQ(typed->entries().value().size(), 4U);
  ASSERT_TRUE(typed->update(1, 7));
  EXPECT_EQ(typed->find(1).value(), 7U);
  const auto narrow = moved.as<ebpfkit::map<std::uint32_t, std::uint32_t>>();
  ASSERT_FALSE(narrow);
  EXPECT_EQ(narrow.error().remedy, "Its values have 8 bytes, the caller's type has 4.");
  // Another object takes it.
  auto object = open(1);
  ASSERT_TRUE(map_declaration(counts(object)).share(moved.map()));
  ASSERT_TRUE(object.load());
  EXPECT_EQ(counts(object).find(3).value(), 42U);
  EXPECT_EQ(ebpfkit::pinned_map::open(path("program")).error().remedy,
            "What is pinned there is no map.");
  const auto unpinned = moved.map().unpin(path("counts"));
  EXPECT_TRUE(unpinned) << unpinned.error().message();
  EXPECT_EQ(ebpfkit::pinned_map::open(path("counts")).error().code, ENOENT);
}

TEST_F(runtime_upgrade, programs_are_pinned_and_opened_without_their_object) {
  std::uint32_t id = 0;
  {
    auto object = open(2);
    const auto early = packet(object).pin(path("program"));
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, EBADF);
    ASSERT_TRUE(object.load());
    ASSERT_TRUE(packet(object).pin(path("program")));
    EXPECT_EQ(packet(object).pin(path("program")).error().code, EEXIST);
    EXPECT_FALSE(packet(object).pin("/tmp/program"));
    ASSERT_TRUE(packet(object).pin(path("made/program")));
    ASSERT_TRUE(counts(object).pin(path("counts")));
  }
  auto opened = pinned_program::open(path("program"));
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->name(), "packet");
  EXPECT_EQ(opened->type(), 6U);  // BPF_PROG_TYPE_XDP
  EXPECT_NE(id = opened->id(), 0U);
  // It takes the place of a running program.
  auto object = open(1);
  ASSERT_TRUE(object.load());
  auto attached = packet(object).attach_xdp("right");
  ASSERT_TRUE(attached) << attached.error().message();
  send_frame();
  EXPECT_EQ(counts(object).find(1).value(), 1U);
  const auto updated = attached->update(*opened);
  ASSERT_TRUE(updated) << updated.error().message();
  send_frame();
  EXPECT_EQ(counts(object).find(0).value(), 1U);
  auto moved = *std::move(opened);
  EXPECT_EQ(moved.id(), id);
  EXPECT_TRUE(moved.unpin());
  EXPECT_EQ(moved.unpin().error().code, ENOENT);
  EXPECT_EQ(pinned_program::open(path("program")).error().remedy, "Nothing is pinned there.");
  EXPECT_EQ(pinned_program::open(path("counts")).error().remedy,
            "What is pinned there is no program.");
}

}  // namespace
