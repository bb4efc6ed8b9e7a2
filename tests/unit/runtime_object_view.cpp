// Objects as collections, and objects that are opened without a skeleton, on the running kernel.
#include "ebpfkit/object_view.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/per_cpu_map.hpp"
#include "ebpfkit/queue_map.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "runtime_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using counts_map = ebpfkit::map<std::uint32_t, std::uint64_t>;

constexpr const char* viewed_source = R"(
const volatile __u32 wanted = 1;
__u64 seen;
__u64 start = 40;
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
SEC("raw_tp/sys_enter") int watch(void *context) {
  if (bpf_get_current_pid_tgid() >> 32 == wanted)
    seen = start + 2;
  return 0;
}
SEC("raw_tp") int nowhere(void *context) { return bpf_map_lookup_elem(&counts, &seen) != 0; }
SEC("raw_tp") int use_events(void *context) { return bpf_ringbuf_query(&events, 0); }
)";

class runtime_object_view : public kernel_test {
 protected:
  static const bytes& image() {
    static const auto compiled = compile(viewed_source);
    return compiled;
  }
  static ebpfkit::result<dynamic_object> open() {
    return dynamic_object::open_bytes(image().data(), image().size(), "watcher");
  }
};

TEST_F(runtime_object_view, loops_see_all_programs_and_maps) {
  const auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message();
  std::vector<std::string> programs;
  for (const auto program : opened->programs())
    programs.emplace_back(program.name());
  EXPECT_THAT(programs, ElementsAre("watch", "nowhere", "use_events"));
  std::vector<std::string> maps;
  std::vector<std::string> sections;
  for (const auto map : opened->maps())
    (ebpfkit::object_view::is_section(map) ? sections : maps).emplace_back(map.name());
  EXPECT_THAT(maps, ElementsAre("counts", "events"));
  EXPECT_THAT(sections,
              testing::UnorderedElementsAre("watcher.rodata", "watcher.bss", "watcher.data"));
}

TEST_F(runtime_object_view, a_miss_names_the_nearest) {
  const auto opened = open();
  ASSERT_TRUE(opened);
  const ebpfkit::object_view view(*opened);
  EXPECT_STREQ(view.name(), "watcher");
  EXPECT_STREQ(view.find_program("watch").value().name(), "watch");
  const auto no_program = view.find_program("wacth");
  ASSERT_FALSE(no_program);
  EXPECT_EQ(no_program.error().code, ENOENT);
  EXPECT_EQ(no_program.error().object, "program 'wacth'");
  EXPECT_EQ(no_program.error().remedy, "The nearest program is 'watch'.");
  const auto no_map = view.find_map("count");
  ASSERT_FALSE(no_map);
  EXPECT_EQ(no_map.error().code, ENOENT);
  EXPECT_EQ(no_map.error().remedy, "The nearest map is 'counts'.");
  const auto far = view.find_map("quite_different");
  ASSERT_FALSE(far);
  EXPECT_THAT(far.error().remedy, HasSubstr("The object has: counts, events, "));
  EXPECT_EQ(far.error().message().rfind("cannot find map 'quite_different': ", 0), 0U);
  EXPECT_STREQ(view.find_map(".bss").value().name(), "watcher.bss");
}

TEST_F(runtime_object_view, typed_look_ups_compare_type_and_sizes) {
  const auto opened = open();
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->find_map<counts_map>("counts"));
  EXPECT_TRUE(opened->find_map<ebpfkit::ring_buffer_map>("events"));
  const auto key = opened->find_map<ebpfkit::map<std::uint64_t, std::uint64_t>>("counts");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, EINVAL);
  EXPECT_EQ(key.error().remedy, "Its keys have 4 bytes, the caller's type has 8.");
  const auto value = opened->find_map<ebpfkit::map<std::uint32_t, std::uint32_t>>("counts");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().remedy, "Its values have 8 bytes, the caller's type has 4.");
  // On one CPU the sizes would be equal.
  const auto by_cpu =
      opened->find_map<ebpfkit::per_cpu_map<std::uint32_t, std::uint64_t>>("counts");
  ASSERT_FALSE(by_cpu);
  EXPECT_EQ(by_cpu.error().remedy, "It has the type hash, which ebpfkit::per_cpu_map is not for.");
  EXPECT_FALSE(opened->find_map<ebpfkit::ring_buffer_map>("counts"));
  EXPECT_FALSE(opened->find_map<counts_map>("events"));
  EXPECT_FALSE(opened->find_map<ebpfkit::queue_map<std::uint64_t>>("counts"));
}

TEST_F(runtime_object_view, an_object_without_skeleton_runs) {
  auto opened = open();
  ASSERT_TRUE(opened);
  auto* wanted = opened->global<std::uint32_t>("wanted").value();
  EXPECT_EQ(*wanted, 1U);
  *wanted = static_cast<std::uint32_t>(getpid());
  const auto loaded = opened->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  auto moved = *std::move(opened);
  const auto attached = moved.attach();
  ASSERT_TRUE(attached) << attached.error().message();
  const auto* seen = moved.global<volatile std::uint64_t>("seen").value();
  syscall(SYS_getppid);
  EXPECT_EQ(*seen, 42U);
  *moved.global<std::uint64_t>("start").value() = 70;
  syscall(SYS_getppid);
  EXPECT_EQ(*seen, 72U);
  moved.detach();
  *moved.global<std::uint64_t>("start").value() = 7;
  syscall(SYS_getppid);
  EXPECT_EQ(*seen, 72U);
  auto counts = moved.find_map<counts_map>("counts").value();
  EXPECT_TRUE(counts.update(3, 4));
  EXPECT_EQ(counts.find(3).value(), 4U);
}

// The name is short, so that a string of it has no memory on the heap.
TEST_F(runtime_object_view, errors_name_the_object) {
  const auto image = compile(R"(
SEC("raw_tp") int careless(void *context) { return *(volatile __u32 *)0; })");
  auto opened = dynamic_object::open_bytes(image.data(), image.size(), "x");
  ASSERT_TRUE(opened);
  auto moved = *std::move(opened);
  ASSERT_FALSE(moved.load());
  const auto again = moved.load();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().object, "object 'x'");
}

TEST_F(runtime_object_view, globals_that_are_not_there) {
  const auto opened = open();
  ASSERT_TRUE(opened);
  const auto missing = opened->global<std::uint32_t>("wantd");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_EQ(missing.error().object, "global variable 'wantd'");
  EXPECT_EQ(missing.error().remedy, "The nearest variable is 'wanted'.");
  const auto wide = opened->global<std::uint64_t>("wanted");
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().code, EINVAL);
  EXPECT_EQ(wide.error().remedy, "It has 4 bytes, the caller's type has 8.");
  // A map is no variable.
  EXPECT_FALSE(opened->global<std::uint32_t>("counts"));
}

TEST_F(runtime_object_view, objects_come_from_files) {
  const temporary_directory work;
  const auto path = work / "watcher.bpf.o";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(image().data()),
             static_cast<std::streamsize>(image().size()));
  const auto opened = dynamic_object::open_file(path.string());
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_STREQ(ebpfkit::object_view(*opened).name(), "watcher");
  EXPECT_TRUE(opened->find_map(".rodata"));
}

TEST_F(runtime_object_view, what_is_no_object_gives_a_clear_error) {
  const temporary_directory work;
  const auto error_of = [&](const char* name) {
    const auto opened = dynamic_object::open_file((work / name).string());
    EXPECT_FALSE(opened);
    return opened ? ebpfkit::error() : opened.error();
  };
  EXPECT_EQ(error_of("missing.o").code, ENOENT);
  EXPECT_EQ(error_of("missing.o").object, "object '" + (work / "missing.o").string() + "'");
  ASSERT_EQ(mkdir((work / "directory").c_str(), 0700), 0);
  EXPECT_EQ(error_of("directory").code, EISDIR);
  ASSERT_EQ(mkfifo((work / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of("fifo").remedy, "It is no regular file.");
  std::ofstream(work / "empty.o");
  EXPECT_EQ(error_of("empty.o").remedy, "It has no bytes.");
  std::ofstream(work / "text.o") << "no ELF file";
  EXPECT_NE(error_of("text.o").code, 0);
  EXPECT_EQ(error_of("text.o").object, "object '" + (work / "text.o").string() + "'");
  ASSERT_EQ(truncate((work / "text.o").c_str(), (off_t{256} << 20) + 1), 0);
  EXPECT_EQ(error_of("text.o").code, EFBIG);
}

}  // namespace
