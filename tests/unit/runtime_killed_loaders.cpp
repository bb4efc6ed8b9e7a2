// Processes that load, attach and read are killed at moments that differ. Afterwards the kernel has
// none of their programs and maps, and the next run works. EBPFKIT_ROUNDS in the environment is the
// number of processes of each kind that are killed.
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/iterator_reader.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/object.hpp"
#include "ebpfkit/perf_buffer.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_network_support.hpp"
#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using namespace std::chrono_literals;
using ebpfkit::link;
using ebpfkit::tc_direction;
using ebpfkit::tc_method;
using clock = std::chrono::steady_clock;

int wanted_rounds() {
  const char* rounds = getenv("EBPFKIT_ROUNDS");
  return rounds && atoi(rounds) > 0 ? atoi(rounds) : 2;
}

// Counts what the kernel has of one kind, by the beginning of the name.
template <class Info>
int count_in_kernel(const std::string& prefix, int (*next_id)(std::uint32_t, std::uint32_t*),
                    int (*open_id)(std::uint32_t)) {
  int count = 0;
  for (std::uint32_t id = 0; next_id(id, &id) == 0;) {
    const int fd = open_id(id);
    if (fd < 0)
      continue;  // it went away meanwhile
    Info info{};
    std::uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
        std::string_view(info.name).substr(0, prefix.size()) == prefix)
      ++count;
    close(fd);
  }
  return count;
}

// The source of a program and a map whose names only this process uses. Names in the kernel have 15
// characters. A virtual machine has no second process of these tests.
struct named_source {
  std::string prefix = "k" + std::to_string(programs_are_recorded() ? 0 : getpid()) + "_";
  std::string program = prefix + "prog";
  std::string map = prefix + "map";

  // Puts the names in place of PROGRAM and MAP.
  std::string operator()(const std::string& text) const {
    return "#define PROGRAM " + program + "\n#define MAP " + map + "\n" + text;
  }

  // The number of programs and maps that the kernel has. A link holds its program.
  int count() const {
    return count_in_kernel<bpf_prog_info>(prefix, bpf_prog_get_next_id, bpf_prog_get_fd_by_id) +
           count_in_kernel<bpf_map_info>(prefix, bpf_map_get_next_id, bpf_map_get_fd_by_id);
  }

  // The same, when the kernel has had time to free what nobody holds.
  int count_after_a_while() const {
    for (const auto end = clock::now() + 20s; clock::now() < end;) {
      if (count() == 0)
        return 0;
      std::this_thread::sleep_for(2ms);
    }
    return count();
  }
};

constexpr const char* array = R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __type(key, __u32); __type(value, __u64); } MAP SEC(".maps");
static int count(void) {
  __u32 key = 0;
  __u64 *value = bpf_map_lookup_elem(&MAP, &key);
  if (value) __sync_fetch_and_add(value, 1);
  return 0;
}
)";

// A process's one program and one map, from the moment on when it opens the object.
class one_run {
 public:
  one_run(const named_source& names, const bytes& image)
      : map_name_(names.map.c_str()), program_name_(names.program.c_str()) {
    const ebpfkit::object_description description{
        "killed", image.data(), image.size(), &map_name_, 1, nullptr, 0, &program_name_, 1};
    auto opened = ebpfkit::object::open(description, nullptr);
    if (opened)
      object_.emplace(*std::move(opened));
    else
      fprintf(stderr, "%s\n", opened.error().message().c_str());
  }

  explicit operator bool() const { return object_.has_value(); }
  bool load() { return succeeds(object_->load()); }
  ebpfkit::program program() const { return ebpfkit::program(object_->program(0)); }
  bpf_map* map() const { return object_->map(0); }

  // Tells the error of what must succeed.
  template <class T>
  static bool succeeds(const ebpfkit::result<T>& outcome) {
    if (!outcome)
      fprintf(stderr, "%s\n", outcome.error().message().c_str());
    return static_cast<bool>(outcome);
  }

 private:
  const char* map_name_;
  const char* program_name_;
  std::optional<ebpfkit::object> object_;
};

// What a process does with its object, from loading on. Returns false when something fails.
using work = std::function<bool(one_run&)>;

// Loads, lets `attach` return a link, and waits a little before it ends.
template <class Attach>
work attached_by(Attach attach) {
  return [attach](one_run& run) {
    if (!run.load())
      return false;
    const auto attached = attach(run.program());
    std::this_thread::sleep_for(1ms);
    return one_run::succeeds(attached);
  };
}

pid_t start(const std::function<bool()>& pass, bool for_ever) {
  const pid_t process = fork();
  if (process != 0)
    return process;
  bool done = true;
  do
    done = pass();
  while (done && for_ever);
  fflush(stderr);
  _exit(done ? 0 : 1);
}

// Kills processes that do `wanted`. After each, calls `next_run`, if there is one, and expects that
// the kernel has nothing of the process. The processes do the same again and again, so that each
// moment of it is as likely as the others.
void kill_loaders(
    const std::string& source, const work& wanted,
    const std::function<void(const named_source&, const bytes&)>& next_run = nullptr) {
  const named_source names;
  const auto image = compile(names(source));
  ASSERT_FALSE(image.empty());
  ASSERT_EQ(names.count(), 0);
  const auto pass = [&] {
    one_run run(names, image);
    return run && wanted(run);
  };

  // One pass that nobody disturbs tells how long it takes.
  const auto begin = clock::now();
  int status = 0;
  pid_t child = start(pass, false);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begin);
  ASSERT_EQ(names.count_after_a_while(), 0);

  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<std::int64_t> microseconds(0, 2 * whole.count());
  for (int round = 1; round <= wanted_rounds(); ++round) {
    const std::chrono::microseconds delay(microseconds(random));
    child = start(pass, true);
    ASSERT_GT(child, 0);
    std::this_thread::sleep_for(delay);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": the process failed by itself";
    if (next_run)
      next_run(names, image);
    ASSERT_EQ(names.count_after_a_while(), 0)
        << "round " << round << ", killed after " << delay.count() << " of " << whole.count()
        << " microseconds";
  }
}

class runtime_killed_loaders : public kernel_test {};
class runtime_killed_network_loaders : public network_test {};

std::string counting(const std::string& section, const std::string& result = "0") {
  return std::string(array) + "SEC(\"" + section +
         "\") int PROGRAM(void *context) { count(); return " + result + "; }";
}

TEST_F(runtime_killed_network_loaders, xdp) {
  kill_loaders(counting("xdp", "2"),
               attached_by([](ebpfkit::program program) { return program.attach_xdp("right"); }));
}

TEST_F(runtime_killed_network_loaders, tcx) {
  if (!kernel_has_tcx())
    GTEST_SKIP() << "tcx is from Linux 6.6";
  kill_loaders(counting("tc", "-1"), attached_by([](ebpfkit::program program) {
                 return program.attach_tc("right", tc_direction::ingress,
                                          options_of(tc_method::tcx));
               }));
}

// The filter and the qdisc outlive the process. The next run removes both.
TEST_F(runtime_killed_network_loaders, clsact) {
  const auto attach = [](ebpfkit::program program) {
    return program.attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  };
  kill_loaders(counting("tc", "-1"), attached_by(attach),
               [&](const named_source& names, const bytes& image) {
                 one_run run(names, image);
                 ASSERT_TRUE(run && attached_by(attach)(run));
                 EXPECT_FALSE(has_clsact("right"));
               });
}

TEST_F(runtime_killed_network_loaders, netns) {
  if (!ebpfkit::detail::if_older_than({5, 9}, "").empty())
    GTEST_SKIP() << "sk_lookup is from Linux 5.9";
  kill_loaders(counting("sk_lookup", "1"),
               attached_by([](ebpfkit::program program) { return program.attach_netns(); }));
}

TEST_F(runtime_killed_loaders, kprobe) {
  if (access("/sys/bus/event_source/devices/kprobe", F_OK) != 0 && !is_recording())
    GTEST_SKIP() << "this kernel has no kprobes (no event source 'kprobe')";
  kill_loaders(counting("kprobe"), attached_by([](ebpfkit::program program) {
                 return program.attach_kprobe("bpf_fentry_test1");
               }));
}

TEST_F(runtime_killed_loaders, uprobe) {
  kill_loaders(counting("uprobe"), attached_by([](ebpfkit::program program) {
                 return program.attach_uprobe("/proc/self/exe", "ebpfkit_probed_function");
               }));
}

TEST_F(runtime_killed_loaders, tracepoint) {
  kill_loaders(counting("tp"), attached_by([](ebpfkit::program program) {
                 return program.attach_tracepoint("syscalls", "sys_enter_getpgid");
               }));
}

TEST_F(runtime_killed_loaders, raw_tracepoint) {
  kill_loaders(counting("raw_tp"), attached_by([](ebpfkit::program program) {
                 return program.attach_raw_tracepoint("sys_enter");
               }));
}

TEST_F(runtime_killed_loaders, tracepoint_by_btf) {
  kill_loaders(counting("tp_btf/sys_enter"),
               attached_by([](ebpfkit::program program) { return program.attach_trace(); }));
}

TEST_F(runtime_killed_loaders, fentry) {
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines;
  kill_loaders(counting("fentry/bpf_fentry_test1"),
               attached_by([](ebpfkit::program program) { return program.attach_trace(); }));
}

TEST_F(runtime_killed_loaders, cgroup) {
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-killed-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  kill_loaders(counting("cgroup/sock_create", "1"), attached_by([&](ebpfkit::program program) {
                 return program.attach_cgroup(group.string());
               }));
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

TEST_F(runtime_killed_loaders, perf_event) {
  kill_loaders(counting("perf_event"), attached_by([](ebpfkit::program program) {
                 ebpfkit::perf_event_options options;
                 options.config = PERF_COUNT_SW_PAGE_FAULTS;
                 options.period = 1;
                 options.process = 0;
                 options.cpu = -1;
                 return program.attach_perf_event(options);
               }));
}

TEST_F(runtime_killed_loaders, iterator) {
  if (!ebpfkit::detail::if_older_than({5, 8}, "").empty())
    GTEST_SKIP() << "iterators are from Linux 5.8";
  kill_loaders(std::string(array) + R"(
#include <bpf/bpf_tracing.h>
#define relocated __attribute__((preserve_access_index))
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; } relocated;
struct task_struct { int tgid; } relocated;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } relocated;
SEC("iter/task") int PROGRAM(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  count();
  if (task)
    BPF_SEQ_PRINTF(context->meta->seq, "%d\n", task->tgid);
  return 0;
})",
               [](one_run& run) {
                 if (!run.load())
                   return false;
                 const auto attached = run.program().attach_iter();
                 if (!one_run::succeeds(attached))
                   return false;
                 auto pass = ebpfkit::iterator_reader::open(*attached);
                 int lines = 0;
                 while (pass && pass->next_line().value())
                   ++lines;
                 return one_run::succeeds(pass) && lines > 0;
               });
}

// A tracepoint that each call of getpgid() of any process reaches.
std::string of_getpgid(const std::string& body) {
  return "SEC(\"raw_tp\") int PROGRAM(__u64 *context) {\n"
         "  __u64 number = context[1];\n"
         "  if (number != SYS_getpgid) return 0;\n" +
         body + "\n  return 0;\n}";
}

// Reads records of this process and of others until 100 have come.
template <class Reader>
bool reads_records(Reader& reader, const int& count) {
  while (count < 100) {
    call_getpgid(10);
    if (!one_run::succeeds(reader.poll(100ms)))
      return false;
  }
  return true;
}

TEST_F(runtime_killed_loaders, ring_buffer_reader) {
  if (!ebpfkit::detail::if_older_than({5, 8}, "").empty())
    GTEST_SKIP() << "ring buffers are from Linux 5.8";
  kill_loaders(
      "struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } MAP "
      "SEC(\".maps\");\n" +
          of_getpgid("  bpf_ringbuf_output(&MAP, &number, sizeof(number), 0);"),
      [](one_run& run) {
        if (!run.load())
          return false;
        int count = 0;
        auto reader = ebpfkit::ring_buffer_map(run.map()).subscribe<std::uint64_t>(
            [&](const std::uint64_t&) { ++count; });
        const auto attached = run.program().attach_raw_tracepoint("sys_enter");
        return one_run::succeeds(reader) && one_run::succeeds(attached) &&
               reads_records(*reader, count);
      });
}

TEST_F(runtime_killed_loaders, perf_buffer_reader) {
  kill_loaders(
      "struct { __uint(type, 4); __uint(key_size, 4); __uint(value_size, 4); } MAP "
      "SEC(\".maps\");\n" +
          of_getpgid(
              "  bpf_perf_event_output(context, &MAP, 0xffffffff, &number, sizeof(number));"),
      [](one_run& run) {
        if (!run.load())
          return false;
        int count = 0;
        auto reader = ebpfkit::perf_buffer_map(run.map()).subscribe<std::uint64_t>(
            [&](int, const std::uint64_t&) { ++count; });
        const auto attached = run.program().attach_raw_tracepoint("sys_enter");
        return one_run::succeeds(reader) && one_run::succeeds(attached) &&
               reads_records(*reader, count);
      });
}

// A directory for pins. Its file system has files of the kernel's own beside it.
std::string directory_of_pins(const own_bpf_file_system& files) {
  auto directory = files.path("pins");
  EXPECT_EQ(mkdir(directory.c_str(), 0700), 0) << strerror(errno);
  return directory;
}

int count_entries(const std::string& directory) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

// The pin is there with the process's map, or it is not there. The next run uses what is there.
TEST_F(runtime_killed_loaders, pinned_map) {
  const own_bpf_file_system files;
  if (!files.is_mounted())
    GTEST_SKIP() << "cannot mount a BPF file system";
  const auto directory = directory_of_pins(files);
  const auto path = directory + "/map";
  using values = ebpfkit::map<std::uint32_t, std::uint64_t>;
  const auto use = [&](one_run& run) {
    values found(run.map());
    return one_run::succeeds(found.reuse_or_pin(path)) && run.load() &&
           one_run::succeeds(found.update(0, 7)) && one_run::succeeds(found.unpin(path));
  };
  kill_loaders(counting("raw_tp"), use, [&](const named_source& names, const bytes& image) {
    EXPECT_LE(count_entries(directory), 1);
    one_run run(names, image);
    ASSERT_TRUE(run && use(run));
    EXPECT_EQ(count_entries(directory), 0);
  });
}

TEST_F(runtime_killed_loaders, pinned_link) {
  const own_bpf_file_system files;
  if (!files.is_mounted())
    GTEST_SKIP() << "cannot mount a BPF file system";
  if (!ebpfkit::detail::if_older_than({5, 7}, "").empty())
    GTEST_SKIP() << "links of raw tracepoints are from Linux 5.7";
  const auto directory = directory_of_pins(files);
  const auto path = directory + "/link";
  // A pinned link of an earlier run goes first.
  const auto use = [&](one_run& run) {
    if (access(path.c_str(), F_OK) == 0) {
      auto earlier = link::open(path);
      if (!one_run::succeeds(earlier) || !one_run::succeeds(earlier->unpin()))
        return false;
    }
    if (!run.load())
      return false;
    auto attached = run.program().attach_raw_tracepoint("sys_enter");
    return one_run::succeeds(attached) && one_run::succeeds(attached->pin(path));
  };
  kill_loaders(
      counting("raw_tp"),
      [&](one_run& run) { return use(run) && one_run::succeeds(link::open(path)->unpin()); },
      [&](const named_source& names, const bytes& image) {
        EXPECT_LE(count_entries(directory), 1);
        one_run run(names, image);
        ASSERT_TRUE(run && use(run));
        ASSERT_TRUE(link::open(path).value().unpin());
        EXPECT_EQ(count_entries(directory), 0);
      });
}

}  // namespace
