// What applications change between open() and load(), on the running kernel.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/flags.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/map_declaration.hpp"
#include "ebpfkit/program.hpp"
#include "runtime_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using ebpfkit::map_declaration;
using testing::HasSubstr;

constexpr const char* declared_source = R"(
__u32 number = 1;
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8);
         __uint(key_size, 4); __uint(value_size, 8); } sizes SEC(".maps");
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 2);
               __type(key, __u32); __type(value, __u32); };
struct { __uint(type, 12); __uint(max_entries, 4); __type(key, __u32);
         __array(values, struct inner); } outer SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 4); __uint(key_size, 4);
         __uint(value_size, 4); } open_outer SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 0x1000000);
         __type(key, __u32); __type(value, __u64[1000]); } huge SEC(".maps");
SEC("raw_tp/sys_enter") int first(void *context) { return number; }
SEC("?raw_tp/sys_enter") int second(void *context) { return 0; }
SEC("xdp") int packet(void *context) { return 2; }
)";

// Those that the headers of Linux 5.10 have.
TEST(runtime_flags, are_those_of_the_kernel) {
  namespace on_program = ebpfkit::program_flag;
  EXPECT_EQ(on_program::strict_alignment, BPF_F_STRICT_ALIGNMENT);
  EXPECT_EQ(on_program::any_alignment, BPF_F_ANY_ALIGNMENT);
  EXPECT_EQ(on_program::sleepable, BPF_F_SLEEPABLE);
  namespace on_map = ebpfkit::map_flag;
  const std::uint32_t flags[] = {
      on_map::no_prealloc, on_map::no_common_lru,     on_map::numa_node,
      on_map::read_only,   on_map::write_only,        on_map::stack_build_id,
      on_map::zero_seed,   on_map::read_only_program, on_map::write_only_program,
      on_map::clone,       on_map::mmapable,          on_map::preserve_elements,
      on_map::inner_map};
  const std::uint32_t kernel_flags[] = {
      BPF_F_NO_PREALLOC, BPF_F_NO_COMMON_LRU,  BPF_F_NUMA_NODE, BPF_F_RDONLY,
      BPF_F_WRONLY,      BPF_F_STACK_BUILD_ID, BPF_F_ZERO_SEED, BPF_F_RDONLY_PROG,
      BPF_F_WRONLY_PROG, BPF_F_CLONE,          BPF_F_MMAPABLE,  BPF_F_PRESERVE_ELEMS,
      BPF_F_INNER_MAP};
  EXPECT_THAT(flags, testing::ElementsAreArray(kernel_flags));
  EXPECT_EQ(ebpfkit::update_flag::any, std::uint64_t{BPF_ANY});
  EXPECT_EQ(ebpfkit::update_flag::no_exist, std::uint64_t{BPF_NOEXIST});
  EXPECT_EQ(ebpfkit::update_flag::must_exist, std::uint64_t{BPF_EXIST});
  EXPECT_EQ(ebpfkit::update_flag::lock, std::uint64_t{BPF_F_LOCK});
}

class runtime_declarations : public opened_object_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    open(declared_source, "declared");
    if (!object_)
      return;
    for (const char* unused : {"huge", "open_outer"})
      ASSERT_TRUE(declaration(unused).set_autocreate(false));
  }

  map_declaration declaration(const char* name) const {
    return map_declaration(object_->find_map(name).value());
  }
  ebpfkit::program program(const char* name) const { return object_->find_program(name).value(); }
  void load() {
    const auto loaded = object_->load();
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  bpf_map_info info(const char* name) const {
    bpf_map_info found{};
    std::uint32_t size = sizeof(found);
    EXPECT_EQ(bpf_obj_get_info_by_fd(object_->find_map(name).value().fd(), &found, &size), 0);
    return found;
  }
};

TEST_F(runtime_declarations, maps_are_made_as_the_application_says) {
  auto counts = declaration("counts");
  EXPECT_EQ(counts.type(), static_cast<unsigned>(BPF_MAP_TYPE_HASH));
  EXPECT_EQ(counts.max_entries(), 8U);
  ASSERT_TRUE(counts.set_max_entries(1000));
  ASSERT_TRUE(counts.set_type(BPF_MAP_TYPE_LRU_HASH));
  auto sizes = declaration("sizes");
  ASSERT_TRUE(sizes.set_key_size(16));
  ASSERT_TRUE(sizes.set_value_size(24));
  ASSERT_TRUE(sizes.set_flags(sizes.flags() | BPF_F_NO_PREALLOC));
  ASSERT_TRUE(sizes.set_numa_node(0));
  EXPECT_EQ(sizes.flags(), static_cast<unsigned>(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE));
  EXPECT_FALSE(declaration("huge").autocreate());
  load();
  EXPECT_EQ(info("counts").type, static_cast<unsigned>(BPF_MAP_TYPE_LRU_HASH));
  EXPECT_EQ(info("counts").max_entries, 1000U);
  EXPECT_EQ(info("sizes").key_size, 16U);
  EXPECT_EQ(info("sizes").value_size, 24U);
  EXPECT_EQ(info("sizes").map_flags, static_cast<unsigned>(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE));
  EXPECT_LT(object_->find_map("huge").value().fd(), 0);
}

TEST_F(runtime_declarations, sections_take_initial_values) {
  auto data = declaration(".data");
  const auto small = data.set_initial_value(std::uint16_t{7});
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().code, EINVAL);
  EXPECT_EQ(small.error().remedy, "It has 4 bytes, the value has 2.");
  ASSERT_TRUE(data.set_initial_value(std::uint32_t{7}));
  const auto resized = data.set_value_size(8);
  ASSERT_FALSE(resized);
  EXPECT_THAT(resized.error().remedy, HasSubstr("memory of global variables"));
  const auto no_section = declaration("counts").set_initial_value(std::uint64_t{1});
  ASSERT_FALSE(no_section);
  EXPECT_THAT(no_section.error().remedy, HasSubstr("Only sections of global variables"));
  load();
  EXPECT_EQ(*object_->global<std::uint32_t>("number").value(), 7U);
}

TEST_F(runtime_declarations, inner_maps) {
  // Another object has the map that shows what inner maps look like.
  const auto image = compile(R"(struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 5);
    __type(key, __u32); __type(value, __u32); } five SEC(".maps");)");
  auto other = dynamic_object::open_bytes(image.data(), image.size(), "other");
  ASSERT_TRUE(other);
  auto five = other->find_map<ebpfkit::map<std::uint32_t, std::uint32_t>>("five").value();
  auto outer = declaration("open_outer");
  const auto not_loaded = outer.set_inner_map(five);
  ASSERT_FALSE(not_loaded);
  EXPECT_EQ(not_loaded.error().code, EBADF);
  ASSERT_TRUE(other->load());
  const auto no_outer = declaration("counts").set_inner_map(five);
  ASSERT_FALSE(no_outer);
  EXPECT_EQ(no_outer.error().code, EINVAL);
  EXPECT_THAT(no_outer.error().remedy, HasSubstr("Only arrays and hashes of maps"));
  ASSERT_TRUE(outer.set_inner_map(five));
  EXPECT_THAT(outer.set_inner_map(five).error().remedy, HasSubstr("it can be set once"));
  ASSERT_TRUE(declaration("outer").set_inner_map(five));
  ASSERT_TRUE(outer.set_autocreate(true));
  load();
  EXPECT_EQ(info("open_outer").type, static_cast<unsigned>(BPF_MAP_TYPE_ARRAY_OF_MAPS));
  // Both outer maps take a map of five entries.
  for (const char* name : {"outer", "open_outer"}) {
    const std::uint32_t key = 1;
    const int fd = five.fd();
    EXPECT_EQ(bpf_map_update_elem(object_->find_map(name).value().fd(), &key, &fd, 0), 0) << name;
  }
}

TEST_F(runtime_declarations, interfaces_reach_the_kernel) {
  const auto missing = declaration("counts").set_interface("no-such-if");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENODEV);
  EXPECT_EQ(missing.error().remedy, "There is no interface 'no-such-if'.");
  EXPECT_EQ(program("packet").set_interface("no-such-if").error().code, ENODEV);
  // The loopback device runs no programs itself, so the kernel refuses the program.
  ASSERT_TRUE(program("packet").set_interface("lo"));
  const auto loaded = object_->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().object, "program 'packet'");
}

TEST_F(runtime_declarations, an_interface_of_a_map_reaches_the_kernel) {
  ASSERT_TRUE(declaration("counts").set_interface("lo"));
  const auto loaded = object_->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().object, "map 'counts'");
}

TEST_F(runtime_declarations, programs_are_loaded_as_the_application_says) {
  auto second = program("second");
  EXPECT_FALSE(second.autoload());
  EXPECT_TRUE(second.autoattach());
  ASSERT_TRUE(second.set_autoload(true));
  second.set_autoattach(false);
  EXPECT_TRUE(second.autoload());
  EXPECT_FALSE(second.autoattach());
  EXPECT_EQ(second.type(), static_cast<unsigned>(BPF_PROG_TYPE_RAW_TRACEPOINT));
  ASSERT_TRUE(second.set_type(BPF_PROG_TYPE_CGROUP_SOCK));
  ASSERT_TRUE(second.set_expected_attach_type(BPF_CGROUP_INET_SOCK_RELEASE));
  ASSERT_TRUE(second.set_log_level(1));
  EXPECT_EQ(second.log_level(), 1U);
  auto packet = program("packet");
  ASSERT_TRUE(packet.set_flags(BPF_F_STRICT_ALIGNMENT));
  EXPECT_EQ(packet.flags(), static_cast<unsigned>(BPF_F_STRICT_ALIGNMENT));
  load();
  bpf_prog_info found{};
  std::uint32_t size = sizeof(found);
  ASSERT_EQ(bpf_obj_get_info_by_fd(second.fd(), &found, &size), 0);
  EXPECT_EQ(found.type, static_cast<unsigned>(BPF_PROG_TYPE_CGROUP_SOCK));
  EXPECT_EQ(second.expected_attach_type(), static_cast<unsigned>(BPF_CGROUP_INET_SOCK_RELEASE));
}

TEST_F(runtime_declarations, flags_that_the_kernel_does_not_know_make_load_fail) {
  ASSERT_TRUE(program("packet").set_flags(1U << 31));
  const auto loaded = object_->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().object, "program 'packet'");
  EXPECT_EQ(loaded.error().code, EINVAL);
}

// libbpf 1.4 and newer give a map that load() left out a descriptor, which is of no map.
TEST_F(runtime_declarations, what_is_not_made_lends_no_descriptor) {
  load();
  const auto huge = object_->find_map("huge").value();
  const auto image = compile(R"(struct { __uint(type, 12); __uint(max_entries, 4);
    __uint(key_size, 4); __uint(value_size, 4); } outer SEC(".maps");
    struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 0x1000000);
    __type(key, __u32); __type(value, __u64[1000]); } huge SEC(".maps");)");
  auto other = dynamic_object::open_bytes(image.data(), image.size(), "other");
  ASSERT_TRUE(other);
  const auto inner = map_declaration(other->find_map("outer").value()).set_inner_map(huge);
  ASSERT_FALSE(inner);
  EXPECT_EQ(inner.error().code, EBADF);
  EXPECT_THAT(inner.error().remedy, HasSubstr("is not loaded"));
  const auto shared = map_declaration(other->find_map("huge").value()).share(huge);
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().code, EBADF);
}

// Every change comes too late, also for maps and programs that load() left out.
TEST_F(runtime_declarations, after_load_it_is_too_late) {
  load();
  const auto expect_busy = [](const ebpfkit::result<void>& changed, const char* kind) {
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, EBUSY) << changed.error().message();
    EXPECT_EQ(changed.error().remedy, std::string("The ") + kind +
                                          " is in the kernel already, or its object is loaded: "
                                          "call this before load().");
  };
  for (const char* name : {"counts", "huge"}) {
    auto map = declaration(name);
    expect_busy(map.set_type(BPF_MAP_TYPE_ARRAY), "map");
    expect_busy(map.set_key_size(4), "map");
    expect_busy(map.set_value_size(4), "map");
    expect_busy(map.set_max_entries(4), "map");
    expect_busy(map.set_flags(0), "map");
    expect_busy(map.set_extra(0), "map");
    expect_busy(map.set_autocreate(true), "map");
    expect_busy(map.set_numa_node(0), "map");
    expect_busy(map.set_interface("lo"), "map");
  }
  expect_busy(declaration(".data").set_initial_value(std::uint32_t{1}), "map");
  expect_busy(declaration(".data").set_value_size(16), "map");
  expect_busy(declaration("outer").set_inner_map(object_->find_map("counts").value()), "map");
  EXPECT_EQ(declaration("counts").set_type(0).error().operation, "set the type of");
  for (const char* name : {"first", "second"}) {
    auto changed = program(name);
    expect_busy(changed.set_type(BPF_PROG_TYPE_XDP), "program");
    expect_busy(changed.set_expected_attach_type(0), "program");
    expect_busy(changed.set_flags(0), "program");
    expect_busy(changed.set_log_level(1), "program");
    expect_busy(changed.set_interface("lo"), "program");
    expect_busy(changed.set_autoload(true), "program");
  }
}

}  // namespace
