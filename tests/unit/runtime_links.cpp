// Attaching to each kind of hook, outside the network, on the running kernel: the program counts
// while the link lives, and not afterwards.
#include <bpf/bpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "attach.hpp"
#include "ebpfkit/link.hpp"
#include "runtime_support.hpp"

// What the uprobe tests probe, in the symbol table under its plain name.
extern "C" __attribute__((noinline)) int ebpfkit_probed_function(int value) {
  return value + 1;
}

namespace {

using ebpfkit::link_kind;
using ebpfkit::test::counting_object;
using ebpfkit::test::lingering_child;
using ebpfkit::test::own_mount;
using testing::HasSubstr;

class runtime_links : public ebpfkit::test::kernel_test {};

void call_getpgid(int times = 1) {
  for (int i = 0; i < times; ++i)
    static_cast<void>(syscall(SYS_getpgid, getpid()));
}

void call_probed(int times = 1) {
  // Through a pointer that the compiler cannot see through: it calls copies of its own otherwise.
  static int (*volatile const function)(int) = ebpfkit_probed_function;
  for (int i = 0; i < times; ++i)
    function(i);
}

// The kernel then calls bpf_fentry_test1(1), bpf_fentry_test2(2, 3), ... or, for fmod_ret,
// bpf_modify_return_test (bpf_prog_test_run_tracing in net/bpf/test_run.c).
void run_test_functions(const ebpfkit::program& program) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  EXPECT_EQ(bpf_prog_test_run_opts(program.fd(), &options), 0);
}

// Triggers while `attached` lives and after it; `kind` is what it must be.
template <class Trigger>
void expect_counts_while_attached(counting_object& object, ebpfkit::result<ebpfkit::link> attached,
                                  Trigger trigger) {
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(attached->kind(), link_kind::bpf_link);
  EXPECT_FALSE(attached->outlives_process());
  EXPECT_GE(attached->fd(), 0);
  object.mine();
  trigger();
  trigger();
  EXPECT_EQ(object.mine(), 2U);
  { const auto gone = std::move(*attached); }
  trigger();
  EXPECT_EQ(object.mine(), 0U);
}

constexpr const char* tracepoint = R"(
SEC("tp") int program(void *context) { return count_mine(); })";

TEST_F(runtime_links, tracepoint) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(
      object, object.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid"),
      [] { call_getpgid(); });
}

TEST_F(runtime_links, tracepoint_that_does_not_exist) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  const auto attached = object.program().try_attach_tracepoint("syscalls", "sys_enter_nowhere");
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().object,
            "program 'program' to tracepoint 'syscalls/sys_enter_nowhere'");
  EXPECT_EQ(attached.error().code, ENOENT);
  EXPECT_THAT(attached.error().remedy, HasSubstr("no tracepoint 'sys_enter_nowhere'"));
  const auto category = object.program().try_attach_tracepoint("nowhere", "sys_enter_getpgid");
  ASSERT_FALSE(category);
  EXPECT_THAT(category.error().remedy, HasSubstr("category 'nowhere'"));
}

TEST_F(runtime_links, tracepoint_without_tracefs) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  const own_mount elsewhere("tmpfs");  // for a mount namespace of our own
  ASSERT_EQ(mount("none", "/sys/kernel", "tmpfs", 0, nullptr), 0);
  const auto attached = object.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid");
  ASSERT_EQ(umount("/sys/kernel"), 0);
  ASSERT_FALSE(attached);
  EXPECT_THAT(attached.error().remedy, HasSubstr("tracefs is not mounted"));
}

TEST_F(runtime_links, program_that_is_not_loaded) {
  counting_object object(tracepoint, {"program"}, false);
  const auto attached = object.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid");
  ASSERT_FALSE(attached);
  EXPECT_THAT(attached.error().remedy, HasSubstr("not loaded"));
  const auto raw = object.program().try_attach_raw_tracepoint("sys_enter", 7);
  ASSERT_FALSE(raw);
  EXPECT_THAT(raw.error().remedy, HasSubstr("not loaded"));
}

constexpr const char* cookie_of_perf_link = R"(
SEC("tp") int program(void *context) {
  __u32 key = 2;
  __u64 cookie = bpf_get_attach_cookie(context);
  bpf_map_update_elem(&counts, &key, &cookie, 0);
  return count_mine();
})";

TEST_F(runtime_links, tracepoint_with_cookie) {
  if (!ebpfkit::detail::if_older_than(5, 15, "").empty())
    GTEST_SKIP() << "cookies are from Linux 5.15";
  counting_object object(cookie_of_perf_link, {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(
      object, object.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid", 77),
      [] { call_getpgid(); });
  EXPECT_EQ(object.counts().find(2U), 77U);
}

std::string raw_tracepoint(const std::string& more) {
  return "SEC(\"raw_tp\") int program(__u64 *context) {\n"
         "  if (context[1] != " +
         std::to_string(SYS_getpgid) + ") return 0;\n" + more + "  return count_mine();\n}";
}

TEST_F(runtime_links, raw_tracepoint) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().try_attach_raw_tracepoint("sys_enter"),
                               [] { call_getpgid(); });
  const auto nowhere = object.program().try_attach_raw_tracepoint("nowhere");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENOENT);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("no tracepoint 'nowhere'"));
}

TEST_F(runtime_links, raw_tracepoint_with_cookie) {
  if (!ebpfkit::detail::if_older_than(6, 10, "").empty())
    GTEST_SKIP() << "cookies of raw tracepoints are from Linux 6.10";
  counting_object object(
      raw_tracepoint("__u32 key = 2; __u64 cookie = bpf_get_attach_cookie"
                     "(context); bpf_map_update_elem(&counts, &key, &cookie, 0);"),
      {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().try_attach_raw_tracepoint("sys_enter", 78),
                               [] { call_getpgid(); });
  EXPECT_EQ(object.counts().find(2U), 78U);
}

// Sandboxes run kernels that refuse everything that patches a kernel function.
bool kernel_has_trampolines() {
  const auto image = ebpfkit::test::compile(
      "SEC(\"fentry/bpf_fentry_test1\") int program(void *context) { return 0; }");
  bpf_object* opened = bpf_object__open_mem(image.data(), image.size(), nullptr);
  const bool loads = opened && bpf_object__load(opened) == 0;
  bpf_object__close(opened);
  return loads;
}

constexpr const char* no_trampolines =
    "this kernel refuses to load an empty fentry program, though libbpf finds its function";

constexpr const char* function_by_btf = R"(
SEC("fentry/bpf_fentry_test2") int entry(__u64 *context) {
  return context[0] == 1 ? count_mine() : 0;
}
SEC("fexit/bpf_fentry_test1") int leave(__u64 *context) {
  return context[0] == 1 && context[1] == 2 ? count_mine() : 0;
}
SEC("fmod_ret/bpf_modify_return_test") int modify(__u64 *context) { return count_mine(); }
)";

TEST_F(runtime_links, fentry_with_another_target_fexit_and_fmod_ret) {
  counting_object object(function_by_btf, {"entry", "leave", "modify"}, false);
  auto entry = object.program(0);
  const auto missing = entry.try_set_attach_target("no_such_function");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().object, "program 'entry' to 'no_such_function'");
  EXPECT_THAT(missing.error().remedy, HasSubstr("'no_such_function' is not in the BTF"));
  // The target of the SEC() is called with 2, that one with 1.
  const auto set = entry.try_set_attach_target("bpf_fentry_test1");
  ASSERT_TRUE(set) << set.error().message();
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines << "; choosing the target is tested";
  object.load();
  ASSERT_TRUE(object);
  const auto late = entry.try_set_attach_target("bpf_fentry_test1");
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().remedy, HasSubstr("before load()"));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto program = object.program(i);
    expect_counts_while_attached(object, object.program(i).try_attach_trace(),
                                 [&] { run_test_functions(program); });
  }
}

// tp_btf needs BTF but patches no function.
std::string tracepoint_by_btf() {
  auto source = raw_tracepoint("");
  return source.replace(source.find("raw_tp"), 6, "tp_btf/sys_enter");
}

TEST_F(runtime_links, raw_tracepoint_by_btf) {
  counting_object object(tracepoint_by_btf(), {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().try_attach_trace(), [] { call_getpgid(); });
}

constexpr const char* function_with_cookie = R"(
SEC("fentry/bpf_fentry_test1") int program(void *context) {
  return bpf_get_attach_cookie(context) == 79 ? count_mine() : 0;
})";

TEST_F(runtime_links, fentry_with_cookie) {
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines;
  if (!ebpfkit::detail::if_older_than(6, 0, "").empty())
    GTEST_SKIP() << "cookies of fentry are from Linux 6.0";
  counting_object object(function_with_cookie, {"program"});
  ASSERT_TRUE(object);
  const auto program = object.program();
  expect_counts_while_attached(object, object.program().try_attach_trace(79),
                               [&] { run_test_functions(program); });
}

constexpr const char* lsm = R"(
SEC("lsm/task_getpgid") int program(void *context) { count_mine(); return 0; })";

TEST_F(runtime_links, lsm) {
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines;
  counting_object object(lsm, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().try_attach_lsm();
  if (ebpfkit::detail::bpf_lsm_is_inactive()) {
    ASSERT_FALSE(attached);
    EXPECT_EQ(attached.error().code, EOPNOTSUPP);
    EXPECT_THAT(attached.error().remedy, HasSubstr("lsm="));
    return;
  }
  expect_counts_while_attached(object, std::move(attached), [] { call_getpgid(); });
}

constexpr const char* kprobe = R"(
SEC("kprobe") int program(void *context) { return count_mine(); })";

// A program whose test run calls the kernel's test functions.
constexpr const char* fentry_trigger = R"(
SEC("fentry/bpf_fentry_test4") int trigger(void *context) { return 0; })";

bool kernel_has_kprobes() {
  return access("/sys/bus/event_source/devices/kprobe", F_OK) == 0;
}

TEST_F(runtime_links, kprobe_and_kretprobe) {
  counting_object object(kprobe, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::kprobe_options on_return;
  on_return.on_return = true;
  auto attached = object.program().try_attach_kprobe("bpf_fentry_test1");
  if (!kernel_has_kprobes()) {
    ASSERT_FALSE(attached);
    EXPECT_EQ(attached.error().object, "program 'program' to kprobe 'bpf_fentry_test1'");
    EXPECT_THAT(attached.error().remedy, HasSubstr("CONFIG_KPROBES"));
    GTEST_SKIP() << "this kernel has no kprobes (no event source 'kprobe'); its error is tested";
  }
  const counting_object functions(fentry_trigger, {"trigger"});
  ASSERT_TRUE(functions);
  const auto trigger = functions.program();
  expect_counts_while_attached(object, std::move(attached), [&] { run_test_functions(trigger); });
  expect_counts_while_attached(object,
                               object.program().try_attach_kprobe("bpf_fentry_test1", on_return),
                               [&] { run_test_functions(trigger); });
  const auto missing = object.program().try_attach_kprobe("no_such_function");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no function 'no_such_function'"));
}

TEST_F(runtime_links, kprobe_with_cookie_and_offset) {
  if (!kernel_has_kprobes())
    GTEST_SKIP() << "this kernel has no kprobes (no event source 'kprobe')";
  if (!ebpfkit::detail::if_older_than(5, 15, "").empty())
    GTEST_SKIP() << "cookies are from Linux 5.15";
  counting_object object(R"(
SEC("kprobe") int program(void *context) {
  return bpf_get_attach_cookie(context) == 80 ? count_mine() : 0;
}
SEC("fentry/bpf_fentry_test2") int trigger(void *context) { return 0; })",
                         {"program", "trigger"});
  ASSERT_TRUE(object);
  const auto trigger = object.program(1);
  ebpfkit::kprobe_options options;
  options.cookie = 80;
  expect_counts_while_attached(object,
                               object.program().try_attach_kprobe("bpf_fentry_test1", options),
                               [&] { run_test_functions(trigger); });
  options.offset = 100000;
  const auto outside = object.program().try_attach_kprobe("bpf_fentry_test1", options);
  ASSERT_FALSE(outside);
  EXPECT_THAT(outside.error().object, HasSubstr("'bpf_fentry_test1+100000'"));
}

constexpr const char* kprobe_multi = R"(
SEC("kprobe.multi") int program(void *context) { return count_mine(); })";

TEST_F(runtime_links, kprobe_multi) {
  if (!ebpfkit::detail::if_older_than(5, 18, "").empty())
    GTEST_SKIP() << "kprobe.multi is from Linux 5.18";
  counting_object object(kprobe_multi, {"program"});
  ASSERT_TRUE(object);
  auto attached =
      object.program().try_attach_kprobe_multi({"bpf_fentry_test1", "bpf_fentry_test2"});
  if (!attached && attached.error().code == EOPNOTSUPP) {
    EXPECT_EQ(attached.error().object,
              "program 'program' to kprobe.multi 'bpf_fentry_test1', 'bpf_fentry_test2'");
    EXPECT_THAT(attached.error().remedy, HasSubstr("CONFIG_FPROBE"));
    GTEST_SKIP() << "this kernel has no fprobes (EOPNOTSUPP); its error is tested";
  }
  ASSERT_TRUE(attached) << attached.error().message();
  const counting_object functions(fentry_trigger, {"trigger"});
  ASSERT_TRUE(functions);
  const auto trigger = functions.program();
  object.mine();
  run_test_functions(trigger);
  EXPECT_EQ(object.mine(), 2U);
  attached->detach();
  attached = object.program().try_attach_kprobe_multi({"bpf_fentry_test?"});
  ASSERT_TRUE(attached) << attached.error().message();
  run_test_functions(trigger);
  EXPECT_GE(object.mine(), 6U);
  attached->detach();
  run_test_functions(trigger);
  EXPECT_EQ(object.mine(), 0U);
}

constexpr const char* uprobe = R"(
SEC("uprobe") int program(void *context) { return count_mine(); })";

// The offset of the probed function in the file of this program.
std::size_t offset_of_probed() {
  const auto address = reinterpret_cast<std::uintptr_t>(&ebpfkit_probed_function);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    unsigned long offset = 0;
    if (sscanf(line.c_str(), "%lx-%lx %*s %lx", &begin, &end, &offset) == 3 && address >= begin &&
        address < end)
      return address - begin + offset;
  }
  return 0;
}

TEST_F(runtime_links, uprobe_and_uretprobe) {
  counting_object object(uprobe, {"program"});
  ASSERT_TRUE(object);
  auto program = object.program();
  const std::string self = "/proc/self/exe";
  expect_counts_while_attached(object, program.try_attach_uprobe(self, "ebpfkit_probed_function"),
                               [] { call_probed(); });
  ebpfkit::uprobe_options options;
  options.on_return = true;
  expect_counts_while_attached(object,
                               program.try_attach_uprobe(self, "ebpfkit_probed_function", options),
                               [] { call_probed(); });
  options.on_return = false;
  options.process = 0;
  options.offset = offset_of_probed();
  expect_counts_while_attached(object, program.try_attach_uprobe(self, "", options),
                               [] { call_probed(); });
}

TEST_F(runtime_links, uprobe_of_another_process_is_not_run_here) {
  counting_object object(uprobe, {"program"});
  ASSERT_TRUE(object);
  const pid_t other = fork();
  if (other == 0) {
    pause();
    _exit(0);
  }
  ebpfkit::uprobe_options options;
  options.process = other;
  const auto attached =
      object.program().try_attach_uprobe("/proc/self/exe", "ebpfkit_probed_function", options);
  EXPECT_TRUE(attached) << attached.error().message();
  call_probed();
  EXPECT_EQ(object.mine(), 0U);
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

TEST_F(runtime_links, uprobe_errors_name_what_is_missing) {
  counting_object object(uprobe, {"program"});
  ASSERT_TRUE(object);
  const auto no_file = object.program().try_attach_uprobe("/no/such/file", "main");
  ASSERT_FALSE(no_file);
  EXPECT_EQ(no_file.error().object, "program 'program' to uprobe '/no/such/file:main'");
  EXPECT_THAT(no_file.error().remedy, HasSubstr("no readable file"));
  const auto no_function = object.program().try_attach_uprobe("/proc/self/exe", "no_such_function");
  ASSERT_FALSE(no_function);
  EXPECT_THAT(no_function.error().remedy, HasSubstr("no function 'no_such_function'"));
}

// A USDT probe without arguments, as <sys/sdt.h> of SystemTap makes it.
__attribute__((noinline)) void pass_usdt_probe() {
  asm volatile(
      "990: nop\n"
      ".pushsection .note.stapsdt, \"\", \"note\"\n"
      ".balign 4\n"
      ".4byte 992f-991f, 994f-993f, 3\n"
      "991: .asciz \"stapsdt\"\n"
      "992: .balign 4\n"
      "993: .8byte 990b\n"
      ".8byte _.stapsdt.base\n"
      ".8byte 0\n"
      ".asciz \"ebpfkit\"\n"
      ".asciz \"passed\"\n"
      ".asciz \"\"\n"
      "994: .balign 4\n"
      ".popsection\n"
      ".ifndef _.stapsdt.base\n"
      ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"
      ".weak _.stapsdt.base\n"
      ".hidden _.stapsdt.base\n"
      "_.stapsdt.base: .space 1\n"
      ".size _.stapsdt.base, 1\n"
      ".popsection\n"
      ".endif\n");
}

constexpr const char* usdt = R"(
enum { BPF_NOEXIST = 1 };
#include <linux/ptrace.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/usdt.bpf.h>
SEC("usdt") int program(struct pt_regs *context) {
  return bpf_usdt_cookie(context) == 81 ? count_mine() : 0;
})";

TEST_F(runtime_links, usdt) {
  counting_object object(usdt, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::usdt_options options;
  options.cookie = 81;
  auto attached = object.program().try_attach_usdt("/proc/self/exe", "ebpfkit", "passed", options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(attached->kind(), link_kind::several);
  EXPECT_EQ(attached->fd(), -1);
  EXPECT_FALSE(attached->outlives_process());
  const auto pinned = attached->try_pin("/sys/fs/bpf/ebpfkit-usdt");
  ASSERT_FALSE(pinned);
  EXPECT_EQ(pinned.error().code, EOPNOTSUPP);
  pass_usdt_probe();
  EXPECT_EQ(object.mine(), 1U);
  attached->detach();
  pass_usdt_probe();
  EXPECT_EQ(object.mine(), 0U);
  const auto missing = object.program().try_attach_usdt("/proc/self/exe", "ebpfkit", "nowhere");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no USDT probe 'ebpfkit:nowhere'"));
}

constexpr const char* perf_event = R"(
SEC("perf_event") int program(void *context) { return count_mine(); })";

void touch_new_pages(std::size_t count) {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* pages = static_cast<volatile char*>(
      mmap(nullptr, count * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(const_cast<char*>(pages), MAP_FAILED);
  madvise(const_cast<char*>(pages), count * size, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < count; ++i)
    pages[i * size] = 1;
  munmap(const_cast<char*>(pages), count * size);
}

TEST_F(runtime_links, perf_event) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.config = PERF_COUNT_SW_PAGE_FAULTS;
  options.period = 1;
  options.process = 0;
  options.cpu = -1;
  auto attached = object.program().try_attach_perf_event(options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_FALSE(attached->outlives_process());
  touch_new_pages(20);
  EXPECT_GE(object.mine(), 20U);
  attached->detach();
  object.mine();
  touch_new_pages(20);
  EXPECT_EQ(object.mine(), 0U);
}

TEST_F(runtime_links, perf_event_samples_by_frequency) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.frequency = 1000;
  options.process = 0;
  options.cpu = -1;
  const auto attached = object.program().try_attach_perf_event(options);
  ASSERT_TRUE(attached) << attached.error().message();
  // Until the clock of this thread has made it run; the test's own time limit ends it otherwise.
  while (object.counts().find(1U).value_or(0) == 0)
    call_probed(1000);
}

TEST_F(runtime_links, perf_event_errors) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.cpu = 4095;
  const auto no_cpu = object.program().try_attach_perf_event(options);
  ASSERT_FALSE(no_cpu);
  EXPECT_THAT(no_cpu.error().message(), HasSubstr("CPU 4095"));
  options.cpu = -1;
  const auto nowhere = object.program().try_attach_perf_event(options);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, EINVAL);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("a CPU, or a process"));
}

constexpr const char* cgroup = R"(
SEC("cgroup/sock_create") int program(void *context) { count(); return 1; })";

// Makes a socket in a child that is in the cgroup.
void make_socket_in(const std::filesystem::path& group) {
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream(group / "cgroup.procs") << "0" << std::flush;
    _exit(socket(AF_INET, SOCK_DGRAM, 0) < 0 ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(runtime_links, cgroup) {
  counting_object object(cgroup, {"program"});
  ASSERT_TRUE(object);
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-test-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  {
    auto attached = object.program().try_attach_cgroup(group.string());
    EXPECT_TRUE(attached) << attached.error().message();
    make_socket_in(group);
    EXPECT_EQ(object.all(), 1U);
    attached->detach();
    make_socket_in(group);
    EXPECT_EQ(object.all(), 0U);
    const int directory = open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const auto by_fd = object.program().try_attach_cgroup(directory);
    close(directory);
    EXPECT_TRUE(by_fd) << by_fd.error().message();
    make_socket_in(group);
    EXPECT_EQ(object.all(), 1U);
  }
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

TEST_F(runtime_links, cgroup_errors) {
  counting_object object(cgroup, {"program"});
  ASSERT_TRUE(object);
  const auto missing = object.program().try_attach_cgroup("/no/such/cgroup");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().object, "program 'program' to cgroup '/no/such/cgroup'");
  EXPECT_THAT(missing.error().remedy, HasSubstr("no such directory"));
  const auto ordinary = object.program().try_attach_cgroup("/tmp");
  ASSERT_FALSE(ordinary);
  EXPECT_THAT(ordinary.error().remedy, HasSubstr("cgroup2"));
}

constexpr const char* two_for_cgroups = R"(
SEC("cgroup/sock_create") int first(void *context) { count_at(0); return 1; }
SEC("cgroup/sock_create") int second(void *context) { count_at(1); return 1; })";

TEST_F(runtime_links, update_exchanges_the_program) {
  counting_object object(two_for_cgroups, {"first", "second"});
  ASSERT_TRUE(object);
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-test-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  {
    auto attached = object.program(0).try_attach_cgroup(group.string());
    EXPECT_TRUE(attached) << attached.error().message();
    const auto updated = attached->try_update(object.program(1));
    EXPECT_TRUE(updated) << updated.error().message();
    make_socket_in(group);
    EXPECT_EQ(object.all(), 0U);
    EXPECT_EQ(object.mine(), 1U);
  }
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

TEST_F(runtime_links, update_of_a_tracepoint_says_that_it_cannot) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid");
  ASSERT_TRUE(attached) << attached.error().message();
  const auto updated = attached->try_update(object.program());
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().object, "link to program 'program'");
  EXPECT_THAT(updated.error().remedy, HasSubstr("attach the new program"));
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
}

template <class Attach>
void expect_pin_keeps_it_attached(counting_object& object, Attach attach) {
  const own_mount pins("bpf");
  const auto path = (pins / "link").string();
  {
    auto attached = attach();
    ASSERT_TRUE(attached) << attached.error().message();
    const auto pinned = attached->try_pin(path);
    ASSERT_TRUE(pinned) << pinned.error().message();
    EXPECT_EQ(attached->pin_path(), path);
    EXPECT_TRUE(attached->outlives_process());
    EXPECT_FALSE(attached->try_pin(path + "2"));
  }
  object.mine();
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
  {
    auto opened = ebpfkit::link::try_open(path);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE(opened->outlives_process());
    const auto unpinned = opened->try_unpin();
    ASSERT_TRUE(unpinned) << unpinned.error().message();
    EXPECT_FALSE(opened->outlives_process());
    call_getpgid();
    EXPECT_EQ(object.mine(), 1U);
  }
  call_getpgid();
  EXPECT_EQ(object.mine(), 0U);
  EXPECT_EQ(ebpfkit::link::try_open(path).error().code, ENOENT);
}

TEST_F(runtime_links, pinned_links_stay_attached) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  expect_pin_keeps_it_attached(
      object, [&] { return object.program().try_attach_raw_tracepoint("sys_enter"); });
  if (!ebpfkit::detail::if_older_than(5, 15, "").empty())
    GTEST_SKIP() << "perf events have links since Linux 5.15; raw tracepoints were tested";
  counting_object perf(tracepoint, {"program"});
  ASSERT_TRUE(perf);
  expect_pin_keeps_it_attached(
      perf, [&] { return perf.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid"); });
}

TEST_F(runtime_links, pin_errors) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().try_attach_raw_tracepoint("sys_enter");
  ASSERT_TRUE(attached);
  const auto elsewhere = attached->try_pin("/tmp/ebpfkit-link");
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().remedy, HasSubstr("not in a BPF file system"));
  const auto unpinned = attached->try_unpin();
  ASSERT_FALSE(unpinned);
  EXPECT_THAT(unpinned.error().remedy, HasSubstr("not pinned"));
}

TEST_F(runtime_links, released_links_belong_to_the_caller) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  int fd = -1;
  {
    auto attached = object.program().try_attach_raw_tracepoint("sys_enter");
    ASSERT_TRUE(attached);
    fd = attached->release_fd();
    EXPECT_FALSE(*attached);
  }
  ASSERT_GE(fd, 0);
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
  {
    const auto adopted = ebpfkit::link::adopt_fd(fd);
    EXPECT_EQ(adopted.get(), nullptr);
    EXPECT_EQ(adopted.fd(), fd);
  }
  call_getpgid();
  EXPECT_EQ(object.mine(), 0U);
  bpf_link* handle = nullptr;
  {
    auto attached = object.program().try_attach_raw_tracepoint("sys_enter");
    ASSERT_TRUE(attached);
    handle = attached->release();
  }
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
  bpf_link__destroy(handle);
}

TEST_F(runtime_links, attachments_end_with_a_killed_process) {
  counting_object by_perf(tracepoint, {"program"});
  counting_object raw(raw_tracepoint(""), {"program"});
  counting_object by_uprobe(uprobe, {"program"});
  counting_object by_btf(tracepoint_by_btf(), {"program"});
  ASSERT_TRUE(by_perf && raw && by_uprobe && by_btf);
  lingering_child child([&] {
    static auto first = by_perf.program().try_attach_tracepoint("syscalls", "sys_enter_getpgid");
    static auto second = raw.program().try_attach_raw_tracepoint("sys_enter");
    static auto third =
        by_uprobe.program().try_attach_uprobe("/proc/self/exe", "ebpfkit_probed_function");
    static auto fourth = by_btf.program().try_attach_trace();
    return first && second && third && fourth;
  });
  const auto trigger = [&] {
    call_getpgid();
    call_probed();
  };
  trigger();
  EXPECT_EQ(by_perf.mine(), 1U);
  EXPECT_EQ(raw.mine(), 1U);
  EXPECT_EQ(by_uprobe.mine(), 1U);
  EXPECT_EQ(by_btf.mine(), 1U);
  child.kill();
  trigger();
  EXPECT_EQ(by_perf.mine(), 0U);
  EXPECT_EQ(raw.mine(), 0U);
  EXPECT_EQ(by_uprobe.mine(), 0U);
  EXPECT_EQ(by_btf.mine(), 0U);
}

}  // namespace
