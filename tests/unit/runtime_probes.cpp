// Attaching kprobes, uprobes and USDT probes on the running kernel. The program counts while the
// link lives, and not afterwards.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <errno.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "attach/traceable_functions.hpp"
#include "ebpfkit/link_info.hpp"
#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"
#include "temporary_directory.hpp"

extern "C" __attribute__((noinline)) int ebpfkit_probed_function(int value) {
  return value + 1;
}

namespace {

using namespace ebpfkit::test;
using ebpfkit::link_kind;
using testing::HasSubstr;

class runtime_probes : public ebpfkit::test::kernel_test {};

constexpr const char* kprobe = R"(
SEC("kprobe") int program(void *context) { return count_mine(); })";

// A program whose test run calls the kernel's test functions.
constexpr const char* fentry_trigger = R"(
SEC("fentry/bpf_fentry_test4") int trigger(void *context) { return 0; })";

bool kernel_has_kprobes() {
  return access("/sys/bus/event_source/devices/kprobe", F_OK) == 0 || is_recording();
}

// Tests attach something before they load the trigger. While programs are recorded, that may fail.
const bool trigger_is_recorded =
    !is_recording() || !compile(std::string(counting_source) + fentry_trigger).empty();

TEST_F(runtime_probes, kprobe_and_kretprobe) {
  counting_object object(kprobe, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::kprobe_options on_return;
  on_return.on_return = true;
  auto attached = object.program().attach_kprobe("bpf_fentry_test1");
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
                               object.program().attach_kprobe("bpf_fentry_test1", on_return),
                               [&] { run_test_functions(trigger); });
  const auto missing = object.program().attach_kprobe("no_such_function");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no function 'no_such_function'"));
}

TEST_F(runtime_probes, kprobe_with_cookie_and_offset) {
  if (!kernel_has_kprobes())
    GTEST_SKIP() << "this kernel has no kprobes (no event source 'kprobe')";
  if (!ebpfkit::detail::if_older_than({5, 15}, "").empty())
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
  expect_counts_while_attached(object, object.program().attach_kprobe("bpf_fentry_test1", options),
                               [&] { run_test_functions(trigger); });
  // The probe of a return is at the function's entry.
  options.on_return = true;
  options.offset = 1;
  const auto inside = object.program().attach_kprobe("bpf_fentry_test1", options);
  ASSERT_FALSE(inside);
  EXPECT_EQ(inside.error().object, "program 'program' to kretprobe 'bpf_fentry_test1+1'");
  EXPECT_THAT(inside.error().remedy, HasSubstr("does not allow a probe there"));
}

constexpr const char* kprobe_multi = R"(
SEC("kprobe.multi") int program(void *context) { return count_mine(); })";

TEST_F(runtime_probes, kprobe_multi) {
  if (!ebpfkit::detail::if_older_than({5, 18}, "").empty())
    GTEST_SKIP() << "kprobe.multi is from Linux 5.18";
  counting_object object(kprobe_multi, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().attach_kprobe_multi({"bpf_fentry_test1", "bpf_fentry_test2"});
  if (!attached && attached.error().code == EOPNOTSUPP && !is_recording()) {
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
  attached = object.program().attach_kprobe_multi({"bpf_fentry_test?"});
  ASSERT_TRUE(attached) << attached.error().message();
  run_test_functions(trigger);
  EXPECT_GE(object.mine(), 6U);
  attached->detach();
  run_test_functions(trigger);
  EXPECT_EQ(object.mine(), 0U);
}

// A kernel function that the program runs for twice: at its entry and at its exit.
TEST_F(runtime_probes, kprobe_session) {
  counting_object object(kprobe_multi, {"program"}, false);
  constexpr unsigned session = 56;  // BPF_TRACE_KPROBE_SESSION
  ASSERT_TRUE(object.program().set_expected_attach_type(session));
  object.load();
  ASSERT_TRUE(object);
  auto attached = object.program().attach_kprobe_session({"bpf_fentry_test1"});
  if (!ebpfkit::detail::if_older_than({6, 10}, "").empty() && !is_recording()) {
    ASSERT_FALSE(attached);
    EXPECT_THAT(attached.error().remedy, HasSubstr("Linux 6.10"));
    return;
  }
  const auto uneven = object.program().attach_kprobe_session({"bpf_fentry_test1"}, {1, 2});
  ASSERT_FALSE(uneven);
  EXPECT_THAT(uneven.error().remedy, HasSubstr("one for each function"));
  if (!attached && attached.error().code == EOPNOTSUPP && !is_recording()) {
    EXPECT_EQ(attached.error().object, "program 'program' to kprobe.session 'bpf_fentry_test1'");
    EXPECT_THAT(attached.error().remedy, HasSubstr("CONFIG_FPROBE"));
    GTEST_SKIP() << "this kernel has no fprobes (EOPNOTSUPP); its error is tested";
  }
  ASSERT_TRUE(attached) << attached.error().message();
  const counting_object functions(fentry_trigger, {"trigger"});
  ASSERT_TRUE(functions);
  object.mine();
  run_test_functions(functions.program());
  EXPECT_EQ(object.mine(), 2U);
  const auto missing = object.program().attach_kprobe_session({"no_such_function"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no function 'no_such_function'"));

  attached->detach();
  attached = object.program().attach_kprobe_session({"bpf_fentry_test?"});
  ASSERT_TRUE(attached) << attached.error().message();
  object.mine();
  run_test_functions(functions.program());
  EXPECT_GE(object.mine(), 12U);  // at least six functions, at entry and exit
  const auto unmatched = object.program().attach_kprobe_session({"no_such_function*"});
  ASSERT_FALSE(unmatched);
  EXPECT_EQ(unmatched.error().code, ENOENT);
  EXPECT_THAT(unmatched.error().remedy, HasSubstr("matches 'no_such_function*'"));
}

TEST_F(runtime_probes, kprobe_session_takes_one_pattern_without_cookies) {
  // An older kernel is told of first.
  const bool is_old = !ebpfkit::detail::if_older_than({6, 10}, "").empty();
  const char* expected = is_old ? "Linux 6.10" : "stands alone";
  counting_object object(kprobe_multi, {"program"}, false);
  ASSERT_TRUE(object.program().set_expected_attach_type(56));  // BPF_TRACE_KPROBE_SESSION
  object.load();
  ASSERT_TRUE(object);
  const auto two = object.program().attach_kprobe_session({"bpf_fentry_test?", "vfs_read"});
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, EINVAL);
  EXPECT_THAT(two.error().remedy, HasSubstr(expected));
  const auto cookie = object.program().attach_kprobe_session({"bpf_fentry_test?"}, {1});
  ASSERT_FALSE(cookie);
  EXPECT_THAT(cookie.error().remedy, HasSubstr(expected));
}

// What ftrace lists: functions, those of modules, and places whose function it no longer knows.
TEST(runtime_traceable_functions, match_a_pattern) {
  const ebpfkit::test::temporary_directory work;
  const auto list =
      work.write("list",
                 "ffffffff81000010 vfs_read\nffffffff81000020 vfs_readv [module]\n"
                 "ffffffff81000030 __ftrace_invalid_address___48\nno address\n\nffff\n"
                 "ffffffff81000040 vfs_write")
          .string();
  const auto found = [&](const char* pattern) {
    std::vector<std::uint64_t> addresses;
    const int code = ebpfkit::detail::find_traceable(list, pattern, addresses);
    EXPECT_EQ(code, addresses.empty() ? -ENOENT : 0) << pattern;
    return addresses;
  };
  EXPECT_THAT(found("vfs_read*"), testing::ElementsAre(0xffffffff81000010U, 0xffffffff81000020U));
  EXPECT_THAT(found("vfs_read?"), testing::ElementsAre(0xffffffff81000020U));
  EXPECT_THAT(found("*"), testing::SizeIs(3));
  EXPECT_THAT(found("read*"), testing::IsEmpty());
  std::vector<std::uint64_t> none;
  EXPECT_EQ(ebpfkit::detail::find_traceable(work / "absent", "*", none), -ENOENT);
  EXPECT_EQ(ebpfkit::detail::find_traceable(work.path(), "*", none), -EISDIR);
}

constexpr const char* ksyscall = R"(
SEC("ksyscall") int program(void *context) { return count_mine(); })";

TEST_F(runtime_probes, kprobe_of_a_system_call) {
  counting_object object(ksyscall, {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().attach_ksyscall("getpgid");
  if (!kernel_has_kprobes()) {
    ASSERT_FALSE(attached);
    EXPECT_EQ(attached.error().object, "program 'program' to system call 'getpgid'");
    EXPECT_THAT(attached.error().remedy, HasSubstr("CONFIG_KPROBES"));
    GTEST_SKIP() << "this kernel has no kprobes (no event source 'kprobe'); its error is tested";
  }
  expect_counts_while_attached(object, std::move(attached), [] { call_getpgid(); });
  ebpfkit::ksyscall_options on_return;
  on_return.on_return = true;
  expect_counts_while_attached(object, object.program().attach_ksyscall("getpgid", on_return),
                               [] { call_getpgid(); });
  const auto missing = object.program().attach_ksyscall("no_such_call");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no system call 'no_such_call'"));
}

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

TEST_F(runtime_probes, uprobe_and_uretprobe) {
  counting_object object(uprobe, {"program"});
  ASSERT_TRUE(object);
  auto program = object.program();
  const std::string self = "/proc/self/exe";
  expect_counts_while_attached(object, program.attach_uprobe(self, "ebpfkit_probed_function"),
                               [] { call_probed(); });
  ebpfkit::uprobe_options options;
  options.on_return = true;
  expect_counts_while_attached(object,
                               program.attach_uprobe(self, "ebpfkit_probed_function", options),
                               [] { call_probed(); });
  options.on_return = false;
  options.process = 0;
  options.offset = offset_of_probed();
  expect_counts_while_attached(object, program.attach_uprobe(self, "", options),
                               [] { call_probed(); });
}

TEST_F(runtime_probes, uprobe_multi) {
  counting_object object(uprobe, {"program"}, false);
  constexpr unsigned multi = 48;  // BPF_TRACE_UPROBE_MULTI
  ASSERT_TRUE(object.program().set_expected_attach_type(multi));
  object.load();
  ASSERT_TRUE(object);
  auto program = object.program();
  const std::string self = "/proc/self/exe";
  auto attached = program.attach_uprobe_multi(self, {offset_of_probed()});
  if (!ebpfkit::detail::if_older_than({6, 6}, "").empty()) {
    ASSERT_FALSE(attached);
    EXPECT_THAT(attached.error().remedy, HasSubstr("Linux 6.6"));
    return;
  }
  const auto told = attached->info();
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(told->type, 12U);  // BPF_LINK_TYPE_UPROBE_MULTI
  expect_counts_while_attached(object, std::move(attached), [] { call_probed(); });
  ebpfkit::uprobe_multi_options options;
  options.on_return = true;
  options.process = 0;
  options.cookies = {7};
  expect_counts_while_attached(object,
                               program.attach_uprobe_multi(self, {offset_of_probed()}, options),
                               [] { call_probed(); });
  options.cookies = {7, 8};
  const auto uneven = program.attach_uprobe_multi(self, {offset_of_probed()}, options);
  ASSERT_FALSE(uneven);
  EXPECT_EQ(uneven.error().code, EINVAL);
  EXPECT_THAT(uneven.error().remedy, HasSubstr("one for each offset"));
  const auto nowhere = program.attach_uprobe_multi("/no/such/file", {1});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().object, "program 'program' to uprobe.multi '/no/such/file'");
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("no readable file '/no/such/file'"));
}

TEST_F(runtime_probes, uprobe_multi_by_names) {
  counting_object object(uprobe, {"program"}, false);
  constexpr unsigned multi = 48;  // BPF_TRACE_UPROBE_MULTI
  ASSERT_TRUE(object.program().set_expected_attach_type(multi));
  object.load();
  ASSERT_TRUE(object);
  auto program = object.program();
  const std::string self = "/proc/self/exe";
  const auto missing = program.attach_uprobe_functions(self, {"main", "no_such_function"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_THAT(missing.error().message(),
              HasSubstr("cannot attach program 'program' to functions of '/proc/self/exe'"));
  EXPECT_THAT(missing.error().remedy, HasSubstr("no function 'no_such_function' in its symbol"));
  EXPECT_THAT(program.attach_uprobe_functions("/no/such/file", {"main"}).error().remedy,
              HasSubstr("no readable file '/no/such/file'"));
  EXPECT_EQ(program.attach_uprobe_functions("/proc/self/maps", {"main"}).error().code, ENOEXEC);
  EXPECT_EQ(program.attach_uprobe_functions(self, {}).error().code, EINVAL);
  if (!ebpfkit::detail::if_older_than({6, 6}, "").empty()) {
    EXPECT_THAT(program.attach_uprobe_functions(self, {"main"}).error().remedy,
                HasSubstr("Linux 6.6"));
    return;
  }
  ebpfkit::uprobe_multi_options options;
  options.cookies = {1, 2};
  expect_counts_while_attached(
      object, program.attach_uprobe_functions(self, {"main", "ebpfkit_probed_function"}, options),
      [] { call_probed(); });
  expect_counts_while_attached(object,
                               program.attach_uprobe_functions(self, {"ebpfkit_probed_f?nct*"}),
                               [] { call_probed(); });
}

TEST_F(runtime_probes, uprobe_of_another_process_is_not_run_here) {
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
      object.program().attach_uprobe("/proc/self/exe", "ebpfkit_probed_function", options);
  EXPECT_TRUE(attached) << attached.error().message();
  call_probed();
  EXPECT_EQ(object.mine(), 0U);
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

TEST_F(runtime_probes, uprobe_errors_name_what_is_missing) {
  counting_object object(uprobe, {"program"});
  ASSERT_TRUE(object);
  const auto no_file = object.program().attach_uprobe("/no/such/file", "main");
  ASSERT_FALSE(no_file);
  EXPECT_EQ(no_file.error().object, "program 'program' to uprobe '/no/such/file:main'");
  EXPECT_THAT(no_file.error().remedy, HasSubstr("no readable file"));
  const auto no_function = object.program().attach_uprobe("/proc/self/exe", "no_such_function");
  ASSERT_FALSE(no_function);
  EXPECT_THAT(no_function.error().remedy, HasSubstr("no function 'no_such_function'"));
}

#ifdef __LP64__
#define EBPFKIT_ASM_ADDRESS(what) ".8byte " what "\n"
#else
#define EBPFKIT_ASM_ADDRESS(what) ".4byte " what "\n"
#endif

// A USDT probe without arguments, as SystemTap's <sys/sdt.h> makes it.
__attribute__((noinline)) void pass_usdt_probe() {
  asm volatile(
      "990: nop\n"
      ".pushsection .note.stapsdt, \"\", \"note\"\n"
      ".balign 4\n"
      ".4byte 992f-991f, 994f-993f, 3\n"
      "991: .asciz \"stapsdt\"\n"
      "992: .balign 4\n"
      "993:\n"
      // clang-format off
      EBPFKIT_ASM_ADDRESS("990b")
      EBPFKIT_ASM_ADDRESS("_.stapsdt.base")
      EBPFKIT_ASM_ADDRESS("0")
      // clang-format on
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

TEST_F(runtime_probes, usdt) {
  counting_object object(usdt, {"program"});
  ASSERT_TRUE(object);
  ebpfkit::usdt_options options;
  options.cookie = 81;
  if (!ebpfkit::detail::if_older_than({5, 15}, "").empty())
    options.process = getpid();
  auto attached = object.program().attach_usdt("/proc/self/exe", "ebpfkit", "passed", options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(attached->kind(), link_kind::several);
  EXPECT_EQ(attached->fd(), -1);
  EXPECT_FALSE(attached->outlives_process());
  const auto pinned = attached->pin("/sys/fs/bpf/ebpfkit-usdt");
  ASSERT_FALSE(pinned);
  EXPECT_EQ(pinned.error().code, EOPNOTSUPP);
  pass_usdt_probe();
  EXPECT_EQ(object.mine(), 1U);
  attached->detach();
  pass_usdt_probe();
  EXPECT_EQ(object.mine(), 0U);
  const auto missing = object.program().attach_usdt("/proc/self/exe", "ebpfkit", "nowhere");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no USDT probe 'ebpfkit:nowhere'"));
}

}  // namespace
