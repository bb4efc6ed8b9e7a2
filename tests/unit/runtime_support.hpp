// The runtime library's tests on the running kernel share this: BPF programs that clang compiles,
// objects of these that count what they see, and namespaces of a test's own.
#pragma once

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bpf_compiler.hpp"
#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/object.hpp"
#include "ebpfkit/program.hpp"
#include "own_tracefs.hpp"

namespace ebpfkit::test {

// Skips without clang or without the right to load programs.
class kernel_test : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_compiler())
      GTEST_SKIP() << "no clang";
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root";
    ASSERT_TRUE(have_tracefs());
  }
};

// A test of an object that is opened and not loaded.
class opened_object_test : public kernel_test {
 protected:
  // Does nothing when the test is skipped.
  void open(const char* source, const char* name) {
    if (IsSkipped() || HasFatalFailure())
      return;
    image_ = compile(source);
    auto opened = dynamic_object::open_bytes(image_.data(), image_.size(), name);
    ASSERT_TRUE(opened) << opened.error().message();
    object_.emplace(*std::move(opened));
  }

  bytes image_;
  std::optional<dynamic_object> object_;
};

// The map of counting programs. counts[0] is the number of calls of count(). counts[1] is the
// number of calls of count_mine() in a thread whose name is in counts[3]. counts[2] is for other
// uses.
constexpr const char* counting_source = R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
static __u64 *counted(__u32 key) { return bpf_map_lookup_elem(&counts, &key); }
static int count_at(__u32 key) {
  __u64 *value = counted(key);
  if (value) __sync_fetch_and_add(value, 1);
  return 0;
}
static int count(void) { return count_at(0); }
static int count_mine(void) {
  union { char comm[16]; __u64 words[2]; } name = {};
  __u64 *mine = counted(3);
  bpf_get_current_comm(name.comm, sizeof(name.comm));
  return mine && name.words[0] == *mine ? count_at(1) : 0;
}
)";

// Tells whether this kernel loads an empty program for `section`. Kernels of sandboxes refuse some.
inline bool kernel_loads_empty_program(const std::string& section) {
  const auto image = compile("SEC(\"" + section + "\") int program(void *context) { return 0; }");
  bpf_object* opened = bpf_object__open_mem(image.data(), image.size(), nullptr);
  const bool loads = opened && bpf_object__load(opened) == 0;
  bpf_object__close(opened);
  return loads || is_recording();
}

// An object of one source with counting programs. The constructor loads it, unless the caller says
// otherwise.
class counting_object {
 public:
  explicit counting_object(const std::string& source, std::vector<const char*> programs,
                           bool load = true)
      : image_(compile(counting_source + source)), programs_(std::move(programs)) {
    const object_description description{"counting",
                                         image_.data(),
                                         image_.size(),
                                         &map_,
                                         1,
                                         nullptr,
                                         0,
                                         programs_.data(),
                                         programs_.size(),
                                         nullptr,
                                         ebpfkit::missing_named_hook_remedy};
    if (image_.empty()) {
      ADD_FAILURE() << "clang does not compile the program";
      return;
    }
    auto opened = object::open(description, nullptr);
    if (!opened) {
      ADD_FAILURE() << opened.error().message();
      return;
    }
    object_.emplace(*std::move(opened));
    if (load)
      this->load();
  }

  explicit operator bool() const { return loaded_; }

  void load() {
    if (!object_)
      return;
    const auto loaded = object_->load();
    loaded_ = static_cast<bool>(loaded);
    if (!loaded_) {
      ADD_FAILURE() << loaded.error().message();
      return;
    }
    // The name belongs to this process, and its forks inherit it.
    std::uint64_t name = 0;
    const auto text = "ek" + std::to_string(getpid() % 100000);
    memcpy(&name, text.c_str(), std::min(text.size(), sizeof(name) - 1));
    prctl(PR_SET_NAME, text.c_str());
    EXPECT_TRUE(counts().update(3, name));
  }

  // The object itself attaches and detaches its programs.
  result<void> attach() { return object_->attach(); }
  void detach() { object_->detach(); }

  ebpfkit::program program(std::size_t index = 0) const {
    return ebpfkit::program(object_->program(index));
  }
  ebpfkit::map<std::uint32_t, std::uint64_t> counts() const {
    return ebpfkit::map<std::uint32_t, std::uint64_t>(object_->map(0));
  }

  // The counts since the last call.
  std::uint64_t all() { return since(0, all_before_); }
  std::uint64_t mine() { return since(1, mine_before_); }

  bpf_object* get() const { return object_->get(); }

 private:
  std::uint64_t since(std::uint32_t key, std::uint64_t& before) const {
    const auto found = counts().find(key);
    const auto now = found && *found ? **found : before;
    return now - std::exchange(before, now);
  }

  bytes image_;
  const char* map_ = "counts";
  std::vector<const char*> programs_;
  std::optional<object> object_;
  bool loaded_ = false;
  std::uint64_t all_before_ = 0;
  std::uint64_t mine_before_ = 0;
};

// Moves the calling thread into a new network namespace until destruction.
class own_network {
 public:
  own_network() : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    EXPECT_EQ(unshare(CLONE_NEWNET), 0);
  }
  ~own_network() {
    EXPECT_EQ(setns(before_, CLONE_NEWNET), 0);
    close(before_);
  }
  own_network(const own_network&) = delete;
  own_network& operator=(const own_network&) = delete;

 private:
  int before_;
};

// Mounts a file system on a directory of its own, in a mount namespace that only this process has.
class own_mount {
 public:
  explicit own_mount(const char* type) {
    EXPECT_EQ(unshare(CLONE_NEWNS), 0);
    EXPECT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    EXPECT_EQ(::mount("none", directory_.path().c_str(), type, 0, nullptr), 0) << strerror(errno);
  }
  ~own_mount() { EXPECT_EQ(umount2(directory_.path().c_str(), MNT_DETACH), 0); }
  own_mount(const own_mount&) = delete;
  own_mount& operator=(const own_mount&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return directory_ / name; }

 private:
  temporary_directory directory_;
};

// A child process that runs `work`, which must return true. Then the child waits until it is
// killed.
class lingering_child {
 public:
  template <class F>
  explicit lingering_child(F work) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    process_ = fork();
    if (process_ == 0) {
      const char done = work() ? 1 : 0;
      if (write(ready[1], &done, 1) != 1)
        _exit(1);
      for (;;)
        pause();
    }
    close(ready[1]);
    char done = 0;
    EXPECT_EQ(read(ready[0], &done, 1), 1);
    EXPECT_EQ(done, 1);
    close(ready[0]);
  }
  ~lingering_child() { kill(); }
  lingering_child(const lingering_child&) = delete;
  lingering_child& operator=(const lingering_child&) = delete;

  // Uses SIGKILL, so that the child runs no destructor.
  void kill() {
    if (process_ <= 0)
      return;
    ::kill(process_, SIGKILL);
    waitpid(std::exchange(process_, -1), nullptr, 0);
  }

 private:
  pid_t process_ = -1;
};

}  // namespace ebpfkit::test
