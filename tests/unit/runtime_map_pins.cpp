// Pins: making, removing and reusing them, and what a killed process leaves.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "ebpfkit/map.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_map_support.hpp"

namespace {

using ebpfkit::test::opened_object;

using small_map = ebpfkit::map<std::uint32_t, std::uint64_t>;

constexpr const char* pinned_by_name = R"(
struct { __uint(type, 1); __uint(max_entries, 4); __uint(pinning, 1);
         __type(key, unsigned); __type(value, unsigned long long); } by_name SEC(".maps");
)";

bpf_map_info info_of(int fd) {
  bpf_map_info info{};
  std::uint32_t size = sizeof(info);
  EXPECT_EQ(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
  return info;
}

bool exists(std::uint32_t map_id) {
  const int fd = bpf_map_get_fd_by_id(map_id);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

// The kernel frees a map some time after the last reference to it is gone.
bool goes(std::uint32_t map_id) {
  for (int i = 0; i < 3000; ++i) {
    if (!exists(map_id))
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class runtime_map_pins : public ebpfkit::test::loaded_maps {
 protected:
  void SetUp() override {
    loaded_maps::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    files_ = std::make_unique<ebpfkit::test::own_bpf_file_system>();
    if (!files_->is_mounted())
      GTEST_SKIP() << "cannot mount a BPF file system";
  }

  std::string path(const std::string& name) const { return files_->path(name); }

  // Opens the object once more and does not load it.
  static opened_object another() { return opened_object(ebpfkit::test::map_programs_image()); }

  std::unique_ptr<ebpfkit::test::own_bpf_file_system> files_;
};

TEST_F(runtime_map_pins, pinned_map_is_reused) {
  small_map first(map("small"));
  first.update(1, 11).value();
  first.pin(path("small")).value();
  const auto second = another();
  small_map reused(second.map("small"));
  EXPECT_TRUE(reused.reuse_pinned(path("small")).value());
  EXPECT_FALSE(small_map(second.map("recent")).reuse_pinned(path("nothing")).value());
  ASSERT_TRUE(second.load());
  EXPECT_EQ(reused.find(1).value().value(), 11U);
  reused.update(2, 22).value();
  EXPECT_EQ(first.find(2).value().value(), 22U);
  EXPECT_EQ(info_of(first.fd()).id, info_of(reused.fd()).id);
  const auto again = reused.reuse_pinned(path("small"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, EBUSY);
}

TEST_F(runtime_map_pins, unpinned_map_goes_with_its_object) {
  small_map small(map("small"));
  const auto id = info_of(small.fd()).id;
  small.pin(path("small")).value();
  object_.reset();
  EXPECT_TRUE(exists(id));

  {
    const auto second = another();
    small_map reused(second.map("small"));
    ASSERT_TRUE(reused.reuse_pinned(path("small")).value());
    reused.unpin(path("small")).value();
    EXPECT_FALSE(std::filesystem::exists(path("small")));
    EXPECT_TRUE(exists(id));
  }
  EXPECT_TRUE(goes(id));
}

TEST_F(runtime_map_pins, can_be_pinned_elsewhere_after_unpin) {
  small_map small(map("small"));
  small.pin(path("one")).value();
  const auto twice = small.pin(path("two"));
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().remedy.find(path("one")), std::string::npos);
  small.unpin(path("one")).value();
  small.pin(path("two")).value();
  EXPECT_FALSE(std::filesystem::exists(path("one")));
  EXPECT_TRUE(std::filesystem::exists(path("two")));
  small.unpin(path("two")).value();
}

TEST_F(runtime_map_pins, pin_that_somebody_else_removed_can_be_made_again) {
  small_map small(map("small"));
  small.pin(path("one")).value();
  std::filesystem::remove(path("one"));
  small.pin(path("one")).value();
  EXPECT_TRUE(std::filesystem::exists(path("one")));
  std::filesystem::remove(path("one"));
  small.pin(path("two")).value();
  EXPECT_TRUE(std::filesystem::exists(path("two")));
  small.unpin(path("two")).value();
  EXPECT_FALSE(std::filesystem::exists(path("two")));
}

TEST_F(runtime_map_pins, unpin_removes_nothing_else) {
  small_map small(map("small"));
  ebpfkit::untyped_map table(map("table"));
  table.pin(path("table")).value();
  const auto other = small.unpin(path("table"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EINVAL);
  EXPECT_NE(other.error().remedy.find("another map"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path("table")));
  const auto missing = small.unpin(path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
}

TEST_F(runtime_map_pins, paths_that_cannot_be_pins) {
  small_map small(map("small"));
  const auto elsewhere =
      small.pin((std::filesystem::temp_directory_path() / "ebpfkit_pin").string());
  ASSERT_FALSE(elsewhere);
  EXPECT_NE(elsewhere.error().remedy.find("BPF file system"), std::string::npos);
  const auto dotted = small.pin(path("with.dot"));
  ASSERT_FALSE(dotted);
  EXPECT_NE(dotted.error().remedy.find("dots"), std::string::npos);
  ebpfkit::untyped_map(map("table")).pin(path("taken")).value();
  const auto taken = small.pin(path("taken"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, EEXIST);
  EXPECT_NE(taken.error().remedy.find("exists"), std::string::npos);
}

TEST_F(runtime_map_pins, difference_is_named_with_both_values) {
  small_map(map("small")).pin(path("small")).value();
  ebpfkit::untyped_map(map("cells")).pin(path("cells")).value();
  ebpfkit::untyped_map(map("crowded")).pin(path("crowded")).value();
  const auto expect_difference = [&](const char* name, const std::string& pin,
                                     const std::string& difference,
                                     const std::function<void(bpf_map*)>& change) {
    const auto second = another();
    bpf_map* other = second.map(name);
    change(other);
    const auto reused = ebpfkit::untyped_map(other).reuse_pinned(path(pin));
    ASSERT_FALSE(reused) << difference;
    EXPECT_EQ(reused.error().code, EINVAL);
    EXPECT_EQ(reused.error().object, std::string("map '") + name + "'");
    EXPECT_NE(reused.error().remedy.find(difference), std::string::npos) << reused.error().remedy;
    EXPECT_NE(reused.error().remedy.find(path(pin)), std::string::npos);
  };
  expect_difference("small", "cells", "type 2, the program's map has 1", [](bpf_map*) {});
  expect_difference("small", "small", "max_entries 4, the program's map has 5",
                    [](bpf_map* map) { bpf_map__set_max_entries(map, 5); });
  expect_difference("small", "small", "key_size 4, the program's map has 8",
                    [](bpf_map* map) { bpf_map__set_key_size(map, 8); });
  expect_difference("small", "small", "value_size 8, the program's map has 16",
                    [](bpf_map* map) { bpf_map__set_value_size(map, 16); });
  expect_difference("crowded", "crowded", "map_flags 64, the program's map has 0",
                    [](bpf_map* map) { bpf_map__set_map_flags(map, 0); });
}

// The kernel changes the size of LRU maps that have a list for each CPU. libbpf changes the size of
// perf event arrays and ring buffers.
TEST_F(runtime_map_pins, every_kind_of_map_can_be_reused) {
  const auto second = another();
  for (const auto* name : {"table", "recent", "cells", "frame_counts", "by_process", "routes",
                           "tasks", "undo", "seen", "records", "events", "recent_by_process"}) {
    ebpfkit::untyped_map(map(name)).pin(path(name)).value();
    const auto reused = ebpfkit::untyped_map(second.map(name)).reuse_pinned(path(name));
    ASSERT_TRUE(reused) << reused.error().message();
    EXPECT_TRUE(*reused) << name;
  }
  EXPECT_TRUE(second.load());
}

TEST_F(runtime_map_pins, program_is_not_taken_for_a_map) {
  const bpf_program* program = bpf_object__find_program_by_name(object_->get(), "count");
  ASSERT_EQ(bpf_obj_pin(bpf_program__fd(program), path("count").c_str()), 0);
  const auto second = another();
  const auto reused = small_map(second.map("small")).reuse_pinned(path("count"));
  ASSERT_FALSE(reused);
  EXPECT_NE(reused.error().remedy.find("not a map"), std::string::npos);
  EXPECT_FALSE(small_map(map("small")).unpin(path("count")));
}

TEST_F(runtime_map_pins, reuse_or_pin) {
  object_.reset();
  {
    const auto first = another();
    small_map small(first.map("small"));
    EXPECT_FALSE(small.reuse_or_pin(path("kept")).value());
    EXPECT_FALSE(std::filesystem::exists(path("kept")));
    ASSERT_TRUE(first.load());
    EXPECT_TRUE(std::filesystem::exists(path("kept")));
    small.update(3, 33).value();
  }
  const auto second = another();
  small_map small(second.map("small"));
  EXPECT_TRUE(small.reuse_or_pin(path("kept")).value());
  ASSERT_TRUE(second.load());
  EXPECT_EQ(small.find(3).value().value(), 33U);
  const auto third = another();
  const auto elsewhere = small_map(third.map("small")).reuse_or_pin("/no/such/directory/map");
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().operation, "pin");
  EXPECT_NE(elsewhere.error().remedy.find("BPF file system"), std::string::npos);
}

// Opens an object whose map is pinned by name below `directory`.
bpf_object* open_pinned_by_name(const std::string& directory) {
  static const auto image = ebpfkit::test::compile(pinned_by_name);
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.pin_root_path = directory.c_str();
  return bpf_object__open_mem(image.data(), image.size(), &options);
}

TEST_F(runtime_map_pins, maps_pinned_by_name_keep_working) {
  for (int round = 0; round < 2; ++round) {
    bpf_object* object = open_pinned_by_name(path(""));
    ASSERT_NE(object, nullptr);
    ASSERT_EQ(bpf_object__load(object), 0);
    small_map by_name(bpf_object__find_map_by_name(object, "by_name"));
    EXPECT_EQ(by_name.find(1).value().value_or(0), round == 0 ? 0U : 5U);
    by_name.update(1, 5).value();
    if (round == 1) {
      const std::string known = bpf_map__pin_path(by_name.get());
      by_name.unpin(known).value();
      EXPECT_FALSE(std::filesystem::exists(known));
    }
    bpf_object__close(object);
  }
}

TEST_F(runtime_map_pins, reuse_wins_over_a_pin_by_name) {
  bpf_object* first = open_pinned_by_name(path(""));
  ASSERT_NE(first, nullptr);
  ASSERT_EQ(bpf_object__load(first), 0);
  const int other = bpf_map_create(BPF_MAP_TYPE_HASH, "other", 4, 8, 4, nullptr);
  ASSERT_GE(other, 0);
  ASSERT_EQ(bpf_obj_pin(other, path("other").c_str()), 0);
  bpf_object* second = open_pinned_by_name(path(""));
  ASSERT_NE(second, nullptr);
  small_map by_name(bpf_object__find_map_by_name(second, "by_name"));
  EXPECT_TRUE(by_name.reuse_pinned(path("other")).value());
  ASSERT_EQ(bpf_object__load(second), 0);
  EXPECT_EQ(info_of(by_name.fd()).id, info_of(other).id);
  bpf_object__close(second);
  bpf_object__close(first);
  close(other);
}

// What a process tells its parent before it is killed.
struct map_ids {
  std::uint32_t pinned;
  std::uint32_t not_pinned;
};

[[noreturn]] void load_pin_and_wait(const std::string& path, int report) {
  const opened_object object(ebpfkit::test::map_programs_image());
  small_map small(object.map("small"));
  ebpfkit::untyped_map table(object.map("table"));
  if (small.reuse_or_pin(path) && object.load() && small.update(7, 77)) {
    const map_ids ids{info_of(small.fd()).id, info_of(table.fd()).id};
    if (write(report, &ids, sizeof(ids)) == sizeof(ids)) {
      for (;;)
        pause();
    }
  }
  _exit(1);
}

TEST_F(runtime_map_pins, killed_process_leaves_its_pinned_maps_only) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0)
    load_pin_and_wait(path("survivor"), ends[1]);
  close(ends[1]);
  map_ids ids{};
  EXPECT_EQ(read(ends[0], &ids, sizeof(ids)), static_cast<ssize_t>(sizeof(ids)));
  close(ends[0]);
  EXPECT_TRUE(exists(ids.not_pinned));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));

  EXPECT_TRUE(goes(ids.not_pinned));
  const auto second = another();
  small_map survivor(second.map("small"));
  ASSERT_TRUE(survivor.reuse_pinned(path("survivor")).value());
  ASSERT_TRUE(second.load());
  EXPECT_EQ(survivor.find(7).value().value(), 77U);
  EXPECT_EQ(info_of(survivor.fd()).id, ids.pinned);
}

TEST_F(runtime_map_pins, without_privileges_the_remedy_is_said) {
  small_map(map("small")).pin(path("private")).value();
  const auto second = another();
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0)
      _exit(3);
    const auto is_said = [](const auto& outcome) {
      if (!outcome && (outcome.error().code == EPERM || outcome.error().code == EACCES) &&
          outcome.error().remedy.find("CAP_BPF") != std::string::npos)
        return true;
      fprintf(stderr, "%s\n", outcome ? "succeeded" : outcome.error().message().c_str());
      return false;
    };
    const bool all = is_said(ebpfkit::untyped_map(map("table")).pin(path("other"))) &&
                     is_said(small_map(map("small")).unpin(path("private"))) &&
                     is_said(small_map(second.map("small")).reuse_pinned(path("private")));
    _exit(all ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
