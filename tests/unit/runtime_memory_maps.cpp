// Maps that are memory of the process or belong to an owner: mapped arrays, user ring buffers,
// local storages, call stacks.
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/local_storage_map.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/mapped_array.hpp"
#include "ebpfkit/stack_trace_map.hpp"
#include "ebpfkit/user_ring_buffer.hpp"
#include "runtime_map_support.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace {

using testing::HasSubstr;

struct element {
  std::uint64_t number;
  std::uint32_t word;
  std::uint32_t rest;
};

constexpr const char* memory_programs = R"(
struct element { __u64 number; __u32 word, rest; };
struct { __uint(type, 2); __uint(max_entries, 1000); __uint(map_flags, 1024); __type(key, __u32);
         __type(value, struct element); } shared SEC(".maps");
struct { __uint(type, 2); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); }
  plain SEC(".maps");
struct { __uint(type, 31); __uint(max_entries, 4096); } requests SEC(".maps");
struct { __uint(type, 7); __uint(max_entries, 64); __uint(key_size, 4); __uint(value_size, 160); }
  stacks SEC(".maps");
struct { __uint(type, 7); __uint(max_entries, 64); __uint(map_flags, 32); __uint(key_size, 4);
         __uint(value_size, 320); } builds SEC(".maps");
#define STORAGE(NAME, TYPE) \
  struct { __uint(type, TYPE); __uint(map_flags, 1); __type(key, int); __type(value, __u64); } \
  NAME SEC(".maps")
STORAGE(of_sockets, 24);
STORAGE(of_tasks, 29);
STORAGE(of_groups, 32);

SEC("raw_tp") int change(__u64 *context) {
  __u32 key = context[0];
  struct element *value = bpf_map_lookup_elem(&shared, &key);
  if (!value) return -1;
  value->number += context[1];
  return value->word;
}

static long take(void *record, void *sum) {
  __u64 number = 0;
  bpf_dynptr_read(&number, 8, record, 0, 0);
  *(__u64 *)sum += number;
  return 0;
}
SEC("raw_tp") int drain(__u64 *context) {
  __u64 sum = 0;
  long count = bpf_user_ringbuf_drain(&requests, take, &sum, 0);
  return count < 0 ? count : count * 1000 + sum;
}

SEC("raw_tp") int keep_stack(__u64 *context) { return bpf_get_stackid(context, &stacks, 0); }
)";

class runtime_memory_maps : public ebpfkit::test::kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped())
      return;
    static const auto image = ebpfkit::test::compile(memory_programs);
    ASSERT_FALSE(image.empty());
    object_ = std::make_unique<ebpfkit::test::opened_object>(image);
    ASSERT_TRUE(*object_);
    // This kind of map is from Linux 6.2.
    if (!ebpfkit::detail::if_older_than({6, 2}, "").empty()) {
      ASSERT_EQ(bpf_map__set_autocreate(map("of_groups"), false), 0);
    }
    ASSERT_TRUE(object_->load());
  }

  bpf_map* map(const char* name) const { return object_->map(name); }
  int run(const char* name, std::vector<std::uint64_t> arguments) const {
    return object_->run(name, std::move(arguments));
  }

  std::unique_ptr<ebpfkit::test::opened_object> object_;
};

TEST_F(runtime_memory_maps, arrays_are_memory) {
  const ebpfkit::untyped_map shared(map("shared"));
  auto array = ebpfkit::mapped_array<element>::open(shared).value();
  EXPECT_EQ(array.size(), 1000U);
  array[999].word = 5;
  array[999].number = 40;
  EXPECT_EQ(run("change", {999, 2}), 5);
  EXPECT_EQ(array[999].number, 42U);
  const auto read_only = ebpfkit::mapped_array<const element>::open(shared).value();
  std::uint64_t sum = 0;
  for (const auto& each : read_only)
    sum += each.number;
  EXPECT_EQ(sum, 42U);
  const ebpfkit::map<std::uint32_t, element> copied(map("shared"));
  EXPECT_EQ(copied.find(999).value()->number, 42U);
  auto moved = std::move(array);
  EXPECT_EQ(moved.data()[999].word, 5U);
}

TEST_F(runtime_memory_maps, arrays_that_cannot_be_mapped) {
  const auto plain = ebpfkit::mapped_array<std::uint64_t>::open(ebpfkit::untyped_map(map("plain")));
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, EINVAL);
  EXPECT_THAT(plain.error().message(), HasSubstr("cannot map the memory of map 'plain'"));
  EXPECT_THAT(plain.error().remedy, HasSubstr("BPF_F_MMAPABLE"));
  const ebpfkit::untyped_map shared(map("shared"));
  const auto wrong = ebpfkit::mapped_array<std::uint64_t>::open(shared);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().remedy, HasSubstr("have 16 bytes, those of the class have 8"));
}

TEST_F(runtime_memory_maps, programs_take_what_the_application_sends) {
  ebpfkit::user_ring_buffer_map requests(map("requests"));
  auto producer = requests.open_producer().value();
  EXPECT_EQ(run("drain", {}), 0);
  producer.send(std::uint64_t{40}).value();
  producer.write<element>([](element& record) { record.number = 2; }).value();
  EXPECT_EQ(run("drain", {}), 2042);
  EXPECT_EQ(run("drain", {}), 0);
#if defined(__cpp_exceptions)
  EXPECT_THROW((void)producer.write<element>([](element&) { throw 1; }), int);
#endif
  producer.send(std::uint64_t{3}).value();
  EXPECT_EQ(run("drain", {}), 1003);
  const std::vector<char> large(8192);
  const auto too_large = producer.send(large.data(), large.size());
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, E2BIG);
  EXPECT_THAT(too_large.error().message(), HasSubstr("cannot send to map 'requests'"));
  int sent = 0;
  auto last = producer.send(std::uint64_t{1});
  for (; last && sent < 1000; ++sent)
    last = producer.send(std::uint64_t{1});
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ENOSPC);
  EXPECT_EQ(sent, 4096 / 16);  // each record has a header of 8 bytes
  const auto later = producer.send(std::uint64_t{1}, std::chrono::milliseconds(20));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ENOSPC);
}

TEST_F(runtime_memory_maps, stacks_are_addresses) {
  ebpfkit::stack_trace_map stacks(map("stacks"));
  const int id = run("keep_stack", {});
  ASSERT_GE(id, 0);
  const auto key = static_cast<std::uint32_t>(id);
  const auto addresses = stacks.find(key).value().value();
  ASSERT_FALSE(addresses.empty());
  EXPECT_LE(addresses.size(), 20U);
  for (const auto address : addresses)
    EXPECT_NE(address, 0U);
  EXPECT_THAT(stacks.ids().value(), testing::ElementsAre(key));
  EXPECT_TRUE(stacks.erase(key).value());
  EXPECT_FALSE(stacks.erase(key).value());
  EXPECT_FALSE(stacks.find(key).value().has_value());
  const auto builds = ebpfkit::stack_trace_map(map("builds")).find(0);
  ASSERT_FALSE(builds);
  EXPECT_THAT(builds.error().remedy, HasSubstr("BPF_F_STACK_BUILD_ID"));
}

template <class Map>
void expect_storage(Map storage, const ebpfkit::storage_owner& owner) {
  EXPECT_FALSE(storage.find(owner).value().has_value());
  storage.update(owner, 42).value();
  EXPECT_EQ(storage.find(owner).value(), 42U);
  EXPECT_EQ(storage.update(owner, 1, BPF_NOEXIST).error().code, EEXIST);
  EXPECT_TRUE(storage.erase(owner).value());
  EXPECT_FALSE(storage.erase(owner).value());
}

TEST_F(runtime_memory_maps, storages_belong_to_their_owners) {
  using storage = ebpfkit::local_storage_map<std::uint64_t>;
  const int opened = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  expect_storage(storage(map("of_sockets")), ebpfkit::storage_owner::socket(opened));
  EXPECT_EQ(storage(map("of_sockets")).find(STDIN_FILENO).error().code, ENOTSOCK);
  EXPECT_EQ(close(opened), 0);  // the owner did not close it
  expect_storage(storage(map("of_tasks")), ebpfkit::storage_owner::process(getpid()).value());
  const auto group = ebpfkit::storage_owner::path("/sys/fs/cgroup").value();
  if (storage(map("of_groups")).find(group))
    expect_storage(storage(map("of_groups")), group);
  const auto nobody = ebpfkit::storage_owner::process(1 << 22);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ESRCH);
  EXPECT_THAT(nobody.error().message(), HasSubstr("cannot open process 4194304"));
  EXPECT_EQ(ebpfkit::storage_owner::path("/nowhere").error().code, ENOENT);
}

}  // namespace
