// Arenas: mapped memory, and pointers of programs in it.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "ebpfkit/arena_map.hpp"
#include "ebpfkit/features.hpp"
#include "ebpfkit/map_declaration.hpp"
#include "runtime_support.hpp"

namespace {

using ebpfkit::arena_map;
using testing::HasSubstr;

constexpr std::size_t pages = 4;

constexpr const char* arena_source = R"(
struct { __uint(type, 33); __uint(map_flags, 1024); __uint(max_entries, 4); } memory SEC(".maps");
struct { __uint(type, 2); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
    plain SEC(".maps");)";

// An address where nothing is. arena_map::usual_address is in the memory of ASan and TSan.
std::uint64_t free_address() {
  constexpr std::uint64_t step = std::uint64_t{1} << 32;
  constexpr auto size = static_cast<std::size_t>(2 * step);
  void* found = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  EXPECT_NE(found, MAP_FAILED);
  munmap(found, size);
  return (std::uint64_t{reinterpret_cast<std::uintptr_t>(found)} + step - 1) / step * step;
}

class runtime_arena : public ebpfkit::test::opened_object_test {
 protected:
  void SetUp() override {
    opened_object_test::SetUp();
    if (IsSkipped())
      return;
    if (sizeof(void*) < 8)
      GTEST_SKIP() << "arenas need a process with 64-bit pointers";
    address_ = free_address();
    open(arena_source, "arenas");
  }

  // Loads the object. False: the test is skipped or has failed.
  bool load() {
    const auto state = ebpfkit::kernel_features::probe().has_map_type(33);
    if (state == ebpfkit::support::absent)
      return false;
    const auto loaded = object_->load();
    EXPECT_TRUE(loaded) << loaded.error().message();
    return loaded.has_value();
  }

  std::uint64_t address_ = 0;

  arena_map arena() const { return object_->find_map<arena_map>("memory").value(); }
};

TEST_F(runtime_arena, is_memory) {
  ebpfkit::map_declaration(arena()).set_extra(address_).value();
  if (!load())
    GTEST_SKIP() << "this kernel has no arenas";
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto opened = arena().open_memory();
  ASSERT_TRUE(opened) << opened.error().message();
  auto memory = *std::move(opened);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()), address_);
  EXPECT_EQ(memory.size(), pages * page);
  const auto last = address_ + memory.size() - sizeof(std::uint64_t);
  auto* number = memory.at<std::uint64_t>(last).value();
  *number = 5;
  // What a program calls the same place.
  EXPECT_EQ(memory.at<std::uint64_t>(static_cast<std::uint32_t>(last)).value(), number);
  EXPECT_EQ(memory.pointer_to(number).value(), last);
  EXPECT_EQ(memory.at<std::uint32_t>(address_, pages * page / 4).value()[0], 0U);
  const std::uint64_t elsewhere = 0;
  EXPECT_EQ(memory.pointer_to(&elsewhere).error().code, EFAULT);
}

TEST_F(runtime_arena, pointers_are_checked) {
  ebpfkit::map_declaration(arena()).set_extra(address_).value();
  if (!load())
    GTEST_SKIP() << "this kernel has no arenas";
  const auto memory = arena().open_memory().value();
  const auto null = memory.at<int>(0);
  ASSERT_FALSE(null);
  EXPECT_EQ(null.error().code, EFAULT);
  EXPECT_THAT(null.error().remedy, HasSubstr("null"));
  const auto begin = address_;
  EXPECT_EQ(memory.at<int>(begin + memory.size()).error().code, EFAULT);
  EXPECT_EQ(memory.at<int>(begin + memory.size() - 2).error().code, EFAULT);
  EXPECT_EQ(memory.at<int>(begin - 4).error().code, EFAULT);
  EXPECT_EQ(memory.at<int>(begin + (std::uint64_t{1} << 32)).error().code, EFAULT);
  EXPECT_EQ(memory.at<int>(begin, memory.size()).error().code, EFAULT);
  EXPECT_EQ(memory.at<int>(begin, std::numeric_limits<std::size_t>::max()).error().code, EFAULT);
  const auto odd = memory.at<int>(begin + 2);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, EINVAL);
  EXPECT_THAT(odd.error().message(), HasSubstr("cannot find in the arena 4 bytes at 0x"));
}

TEST_F(runtime_arena, needs_an_address_and_a_loaded_arena) {
  const auto early = arena().open_memory();
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EBADF);
  EXPECT_THAT(early.error().message(), HasSubstr("cannot map the memory of map 'memory'"));
  const auto other = arena_map(object_->find_map("plain").value().get()).open_memory();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EINVAL);
  EXPECT_THAT(other.error().remedy, HasSubstr("BPF_MAP_TYPE_ARENA"));
  EXPECT_FALSE(object_->find_map<arena_map>("plain"));
  if (!load())
    GTEST_SKIP() << "this kernel has no arenas";
  const auto nowhere = arena().open_memory();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, EINVAL);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("set_extra(arena_map::usual_address)"));
}

// libbpf before 1.4 leaves the address free until open_memory().
TEST_F(runtime_arena, the_address_must_be_free) {
  ebpfkit::map_declaration(arena()).set_extra(address_).value();
  if (!load())
    GTEST_SKIP() << "this kernel has no arenas";
  const auto first = arena().open_memory();
  ASSERT_TRUE(first) << first.error().message();
  const auto second = arena().open_memory();
  if (second) {
    EXPECT_EQ(second->data(), first->data());
    return;
  }
  EXPECT_EQ(second.error().code, EEXIST);
  EXPECT_THAT(second.error().remedy, HasSubstr("keep the arena_memory"));
}

}  // namespace
