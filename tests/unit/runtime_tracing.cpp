// Attaching to tracepoints, functions by BTF, LSM hooks and perf events on the running kernel. The
// program counts while the link lives, and not afterwards.
#include <cstddef>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"
#include "system/security_modules.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::link_kind;
using testing::HasSubstr;

class runtime_tracing : public ebpfkit::test::kernel_test {};

TEST_F(runtime_tracing, tracepoint) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object,
                               object.program().attach_tracepoint("syscalls", "sys_enter_getpgid"),
                               [] { call_getpgid(); });
}

TEST_F(runtime_tracing, tracepoint_that_does_not_exist) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  const auto attached = object.program().attach_tracepoint("syscalls", "sys_enter_nowhere");
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().object,
            "program 'program' to tracepoint 'syscalls/sys_enter_nowhere'");
  EXPECT_EQ(attached.error().code, ENOENT);
  EXPECT_THAT(attached.error().remedy, HasSubstr("no tracepoint 'syscalls/sys_enter_nowhere'"));
  const auto category = object.program().attach_tracepoint("nowhere", "sys_enter_getpgid");
  ASSERT_FALSE(category);
  EXPECT_THAT(category.error().remedy, HasSubstr("no tracepoint 'nowhere/sys_enter_getpgid'"));
}

TEST_F(runtime_tracing, tracepoint_without_tracefs) {
  counting_object object(tracepoint, {"program"});
  ASSERT_TRUE(object);
  const own_mount elsewhere("tmpfs");  // gives this process its own mount namespace
  ASSERT_EQ(mount("none", "/sys/kernel", "tmpfs", 0, nullptr), 0);
  const auto attached = object.program().attach_tracepoint("syscalls", "sys_enter_getpgid");
  ASSERT_EQ(umount("/sys/kernel"), 0);
  ASSERT_FALSE(attached);
  EXPECT_THAT(attached.error().remedy, HasSubstr("tracefs is not mounted"));
}

TEST_F(runtime_tracing, program_that_is_not_loaded) {
  counting_object object(tracepoint, {"program"}, false);
  const auto attached = object.program().attach_tracepoint("syscalls", "sys_enter_getpgid");
  ASSERT_FALSE(attached);
  EXPECT_THAT(attached.error().remedy, HasSubstr("not loaded"));
  const auto raw = object.program().attach_raw_tracepoint("sys_enter", 7);
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

TEST_F(runtime_tracing, tracepoint_with_cookie) {
  if (!ebpfkit::detail::if_older_than({5, 15}, "").empty())
    GTEST_SKIP() << "cookies are from Linux 5.15";
  counting_object object(cookie_of_perf_link, {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(
      object, object.program().attach_tracepoint("syscalls", "sys_enter_getpgid", 77),
      [] { call_getpgid(); });
  EXPECT_EQ(object.counts().find(2U).value(), 77U);
}

TEST_F(runtime_tracing, raw_tracepoint) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().attach_raw_tracepoint("sys_enter"),
                               [] { call_getpgid(); });
  const auto nowhere = object.program().attach_raw_tracepoint("nowhere");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENOENT);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("no raw tracepoint 'nowhere'"));
}

TEST_F(runtime_tracing, raw_tracepoint_with_cookie) {
  if (!ebpfkit::detail::if_older_than({6, 10}, "").empty())
    GTEST_SKIP() << "cookies of raw tracepoints are from Linux 6.10";
  counting_object object(
      raw_tracepoint("__u32 key = 2; __u64 cookie = bpf_get_attach_cookie"
                     "(context); bpf_map_update_elem(&counts, &key, &cookie, 0);"),
      {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().attach_raw_tracepoint("sys_enter", 78),
                               [] { call_getpgid(); });
  EXPECT_EQ(object.counts().find(2U).value(), 78U);
}

// The arguments and the result are ints. The upper halves of their registers are what the caller
// left there.
constexpr const char* function_by_btf = R"(
SEC("fentry/bpf_fentry_test2") int entry(__u64 *context) {
  return (int)context[0] == 1 ? count_mine() : 0;
}
SEC("fexit/bpf_fentry_test1") int leave(__u64 *context) {
  return (int)context[0] == 1 && (int)context[1] == 2 ? count_mine() : 0;
}
)";

TEST_F(runtime_tracing, fentry_with_another_target_and_fexit) {
  counting_object object(function_by_btf, {"entry", "leave"}, false);
  auto entry = object.program(0);
  const auto missing = entry.set_attach_target("no_such_function");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().object, "program 'entry' to 'no_such_function'");
  EXPECT_THAT(missing.error().remedy, HasSubstr("'no_such_function' is not in the BTF"));
  // The kernel calls the function in SEC() with 2, and bpf_fentry_test1 with 1.
  const auto set = entry.set_attach_target("bpf_fentry_test1");
  ASSERT_TRUE(set) << set.error().message();
  if (!kernel_has_trampolines()) {
    // libbpf read the kernel's BTF for the target. It frees that BTF only in a load.
    ASSERT_TRUE(entry.set_autoload(false) && object.program(1).set_autoload(false));
    object.load();
    GTEST_SKIP() << no_trampolines << "; choosing the target is tested";
  }
  object.load();
  ASSERT_TRUE(object);
  const auto late = entry.set_attach_target("bpf_fentry_test1");
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().remedy, HasSubstr("before load()"));
  for (std::size_t i = 0; i < 2; ++i) {
    const auto program = object.program(i);
    expect_counts_while_attached(object, object.program(i).attach_trace(),
                                 [&] { run_test_functions(program); });
  }
}

TEST_F(runtime_tracing, raw_tracepoint_by_btf) {
  counting_object object(tracepoint_by_btf(), {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().attach_trace(), [] { call_getpgid(); });
}

constexpr const char* function_with_cookie = R"(
SEC("fentry/bpf_fentry_test1") int program(void *context) {
  return bpf_get_attach_cookie(context) == 79 ? count_mine() : 0;
})";

TEST_F(runtime_tracing, fentry_with_cookie) {
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines;
  if (!ebpfkit::detail::if_older_than({6, 0}, "").empty())
    GTEST_SKIP() << "cookies of fentry are from Linux 6.0";
  counting_object object(function_with_cookie, {"program"});
  ASSERT_TRUE(object);
  const auto program = object.program();
  expect_counts_while_attached(object, object.program().attach_trace(79),
                               [&] { run_test_functions(program); });
}

// Every kernel allows fmod_ret for the functions of LSM hooks.
constexpr const char* return_value = R"(
SEC("fmod_ret/security_task_getpgid") int program(void *context) { return count_mine(); })";

TEST_F(runtime_tracing, fmod_ret) {
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines;
  counting_object object(return_value, {"program"});
  ASSERT_TRUE(object);
  expect_counts_while_attached(object, object.program().attach_trace(), [] { call_getpgid(); });
}

constexpr const char* lsm = R"(
SEC("lsm/task_getpgid") int program(void *context) { count_mine(); return 0; })";

TEST_F(runtime_tracing, lsm) {
  if (!kernel_has_trampolines())
    GTEST_SKIP() << no_trampolines;
  counting_object object(lsm, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().attach_lsm();
  if (ebpfkit::detail::bpf_lsm_state().state == ebpfkit::support::absent) {
    ASSERT_FALSE(attached);
    EXPECT_EQ(attached.error().code, EOPNOTSUPP);
    EXPECT_THAT(attached.error().remedy, HasSubstr("lsm="));
    return;
  }
  expect_counts_while_attached(object, std::move(attached), [] { call_getpgid(); });
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

TEST_F(runtime_tracing, perf_event) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.config = PERF_COUNT_SW_PAGE_FAULTS;
  options.period = 1;
  options.process = 0;
  options.cpu = -1;
  auto attached = object.program().attach_perf_event(options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_FALSE(attached->outlives_process());
  touch_new_pages(20);
  EXPECT_GE(object.mine(), 20U);
  attached->detach();
  object.mine();
  touch_new_pages(20);
  EXPECT_EQ(object.mine(), 0U);
}

TEST_F(runtime_tracing, perf_event_samples_by_frequency) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.frequency = 1000;
  options.process = 0;
  options.cpu = -1;
  const auto attached = object.program().attach_perf_event(options);
  ASSERT_TRUE(attached) << attached.error().message();
  // Call until this thread's clock has made the program run. Otherwise the test's own time limit
  // ends the test.
  while (object.counts().find(1U).value().value_or(0) == 0)
    call_probed(1000);
}

TEST_F(runtime_tracing, perf_event_errors) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.cpu = 4095;
  const auto no_cpu = object.program().attach_perf_event(options);
  ASSERT_FALSE(no_cpu);
  EXPECT_THAT(no_cpu.error().message(), HasSubstr("CPU 4095"));
  options.cpu = -1;
  const auto nowhere = object.program().attach_perf_event(options);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, EINVAL);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("a CPU, or a process"));
}

TEST_F(runtime_tracing, perf_events_of_all_cpus) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::perf_event_options options;
  options.config = PERF_COUNT_SW_PAGE_FAULTS;
  options.period = 1;
  auto attached = object.program().attach_perf_events(options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(attached->size(), static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
  object.mine();
  touch_new_pages(20);
  EXPECT_GE(object.mine(), 20U);
  attached->clear();
  object.mine();
  touch_new_pages(20);
  EXPECT_EQ(object.mine(), 0U);
}

TEST_F(runtime_tracing, perf_events_leave_nothing_behind_when_one_fails) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  object.program().set_autoattach(true);
  ebpfkit::perf_event_options options;
  options.type = 4095;
  const auto refused = object.program().attach_perf_events(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("perf event 4095:0 of CPU 0"));
  EXPECT_TRUE(object.program().autoattach());
}

TEST_F(runtime_tracing, perf_event_of_the_caller) {
  counting_object object(perf_event, {"program"});
  ASSERT_TRUE(object);
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_PAGE_FAULTS;
  attributes.sample_period = 1;
  const auto event =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  ASSERT_GE(event, 0);
  {
    const auto attached = object.program().attach_perf_event_fd(event);
    ASSERT_TRUE(attached) << attached.error().message();
    touch_new_pages(20);
    EXPECT_GE(object.mine(), 20U);
  }
  EXPECT_GE(fcntl(event, F_GETFD), 0);  // it still belongs to the caller
  close(event);
  const auto closed = object.program().attach_perf_event_fd(event);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, EBADF);
  EXPECT_THAT(closed.error().remedy, HasSubstr("no open file descriptor"));
}

}  // namespace
