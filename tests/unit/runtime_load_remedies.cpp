// What to do when an object does not load: the runtime asks the kernel instead of guessing.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <utility>

#include "ebpfkit/object.hpp"
#include "errors/diagnosis.hpp"
#include "object/load_remedy.hpp"
#include "runtime_support.hpp"
#include "system/free_descriptors.hpp"
#include "system/section_names.hpp"

namespace {

using ebpfkit::detail::better_section;
using ebpfkit::detail::diagnose;
using ebpfkit::detail::operation;
using ebpfkit::detail::refused_btf_text;
using testing::HasSubstr;
using testing::Not;

constexpr const char* known_sections =
    " socket kprobe+ uprobe+ tc classifier tracepoint+ tp+ raw_tracepoint+ raw_tp+ tp_btf+ fentry+ "
    "fexit+ xdp.frags/devmap xdp/devmap xdp cgroup_skb/ingress cgroup/connect4 lsm+ iter+";

TEST(runtime_load_remedies, better_section) {
  EXPECT_EQ(better_section("xdp_pass", known_sections), "xdp");
  EXPECT_EQ(better_section("xpd", known_sections), "xdp");
  EXPECT_EQ(better_section("kpobe/do_unlinkat", known_sections), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("kprobe_do_unlinkat", known_sections), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("tracepoints/sched/x", known_sections), "tracepoint/sched/x");
  EXPECT_EQ(better_section("cgroup/conect4", known_sections), "cgroup/connect4");
  EXPECT_EQ(better_section("something/else", known_sections), "");
  for (const auto* text : {"", "/", "//", "+"})
    better_section(text, known_sections);
  EXPECT_EQ(better_section("xdp", ""), "");
  EXPECT_EQ(better_section("xdp", " + \n"), "");
  better_section(std::string(300, 'x'), std::string(300, 'x') + " " + std::string(300, 'y'));
}

std::string remedy_of_log(operation failed, int code, const std::string& log) {
  return diagnose(failed, "object 'x'", code, log).remedy;
}

TEST(runtime_load_remedies, errno_alone_does_not_tell_the_age_of_the_kernel) {
  EXPECT_THAT(remedy_of_log(operation::load, EINVAL, "libbpf: prog 'x': failed to load: -22\n"),
              Not(HasSubstr("too old")));
}

TEST(runtime_load_remedies, object_for_the_other_byte_order) {
  constexpr int wrong_order = 4003;  // LIBBPF_ERRNO__ENDIAN
  EXPECT_THAT(remedy_of_log(operation::open, wrong_order,
                            "libbpf: elf: endianness mismatch in prog.bpf.o.\n"),
              HasSubstr("for CPUs of the other byte order"));
  EXPECT_THAT(
      remedy_of_log(operation::load, wrong_order,
                    "libbpf: object 'prog': loading non-native endianness is unsupported\n"),
      HasSubstr("for CPUs of the other byte order"));
}

TEST(runtime_load_remedies, pointer_arithmetic_that_the_verifier_cannot_follow) {
  EXPECT_THAT(
      remedy_of_log(operation::load, EACCES,
                    "libbpf: prog 'x': BPF program load failed: Permission denied\n"
                    "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n9: (0f) r2 += r1\n"
                    "math between map_value pointer and register with unbounded min value is not "
                    "allowed\nprocessed 10 insns (limit 1000000)\n-- END PROG LOAD LOG --\n"),
      HasSubstr("try MCPU v2"));
}

// What libbpf prints when the kernel refuses a program, with this log of the verifier.
std::string log_of_failed_load(const std::string& verifier_log) {
  return "libbpf: prog 'x': BPF program load failed: some error\n"
         "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n" +
         verifier_log +
         "-- END PROG LOAD LOG --\nlibbpf: prog 'x': failed to load: -1\n"
         "libbpf: failed to load object 'test'\n";
}

constexpr const char* log_without_complaint =
    "0: R1=ctx() R10=fp0\n; return 0; @ a.c:1\n0: (b7) r0 = 0 ; R0=0\n1: (95) exit\n"
    "mark_precise: frame0: last_idx 1 first_idx 0 subseq_idx -1\n"
    "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0\n";

TEST(runtime_load_remedies, shortage_is_no_rejection) {
  const std::pair<int, const char*> cases[] = {{EMFILE, "RLIMIT_NOFILE"},
                                               {ENFILE, "fs.file-max"},
                                               {EAGAIN, "load_options::hold_signals"},
                                               {EINTR, "load_options::hold_signals"},
                                               {ENOMEM, "memory cgroup"}};
  for (const auto& [code, remedy] : cases) {
    for (const char* log : {log_without_complaint, "0: (b7) r0 = 0\nR1 type=ctx expected=fp\n"}) {
      const auto error = diagnose(operation::load, "object 'x'", code, log_of_failed_load(log));
      EXPECT_THAT(error.remedy, HasSubstr(remedy));
      EXPECT_EQ(error.object, "program 'x'");
      EXPECT_EQ(error.verifier_log, "");
      EXPECT_EQ(error.verifier_cause, "");
      EXPECT_THAT(error.message(), Not(HasSubstr("rejected")));
      EXPECT_THAT(error.message(), Not(HasSubstr("(b7)"))) << "a log without a cause in it";
      EXPECT_THAT(error.message(), HasSubstr("libbpf says:\n    libbpf: prog 'x': BPF program load "
                                             "failed: some error\n    libbpf: prog 'x': failed"));
    }
  }
  EXPECT_THAT(remedy_of_log(operation::load, EMFILE, "libbpf: Error loading vmlinux BTF: -24\n"),
              HasSubstr("RLIMIT_NOFILE"));
  EXPECT_THAT(remedy_of_log(operation::attach, EMFILE, ""), HasSubstr("RLIMIT_NOFILE"));
}

TEST(runtime_load_remedies, only_a_complaint_of_the_verifier_is_a_rejection) {
  for (const int code : {EACCES, EINVAL, E2BIG, EPERM}) {
    EXPECT_THAT(remedy_of_log(operation::load, code,
                              log_of_failed_load("0: (b7) r0 = 0\nR1 type=ctx expected=fp\n")),
                HasSubstr("verifier rejected the program"));
    const auto refused =
        diagnose(operation::load, "object 'x'", code, log_of_failed_load(log_without_complaint));
    EXPECT_THAT(refused.message(), Not(HasSubstr("rejected")));
    EXPECT_THAT(refused.message(), HasSubstr("The verifier has no complaint"));
    EXPECT_THAT(refused.verifier_log, HasSubstr("processed 2 insns"));
  }
  // Security modules return these, before and behind the verifier.
  EXPECT_THAT(remedy_of_log(operation::load, EACCES, log_of_failed_load(log_without_complaint)),
              HasSubstr("security module (SELinux, AppArmor"));
  EXPECT_THAT(remedy_of_log(operation::load, EPERM, ""),
              HasSubstr(geteuid() == 0 ? "security module (SELinux, AppArmor)" : "CAP_BPF"));
}

TEST(runtime_load_remedies, usdt_without_a_process_on_old_kernels) {
  EXPECT_THAT(
      remedy_of_log(operation::attach, EOPNOTSUPP,
                    "libbpf: usdt: attaching to shared libraries without specific PID is not "
                    "supported on current kernel\n"),
      HasSubstr("usdt_options::process"));
}

TEST(runtime_load_remedies, refused_btf) {
  const std::string begin = "libbpf: BTF loading error: -22\nlibbpf: -- BEGIN BTF LOAD LOG ---\n";
  const std::string end = "\n-- END BTF LOAD LOG --\nlibbpf: Error loading .BTF into kernel: ";
  const std::string optional = "-22. BTF is optional, ignoring.\n";
  EXPECT_EQ(refused_btf_text(begin + "[1] INT int size=4\n[2] DATASEC .bss size=8 vlen=2\n" +
                             "\t type_id=4 offset=0 size=4\n\t type_id=3 offset=4 size=1 " +
                             "Invalid size\n" + end + optional),
            "The kernel refused the object's BTF (-22), and libbpf went on without BTF. The kernel "
            "says: [2] DATASEC .bss size=8 vlen=2: type_id=3 offset=4 size=1 Invalid size");
  EXPECT_EQ(refused_btf_text(begin + "[7] FWD  struct Invalid name\n" + end +
                             "-EINVAL. BTF is mandatory, can't proceed.\n"),
            "The kernel refused the object's BTF (-EINVAL). The kernel says: [7] FWD  struct "
            "Invalid name");
  EXPECT_EQ(refused_btf_text("libbpf: Error loading .BTF into kernel: " + optional),
            "The kernel refused the object's BTF (-22), and libbpf went on without BTF.");
  EXPECT_EQ(refused_btf_text("libbpf: prog 'x': failed to load: -22\n"), "");
}

TEST(runtime_load_remedies, damaged_logs_of_refused_btf) {
  const std::string end = "libbpf: Error loading .BTF into kernel: ";
  for (const auto* log : {"", "\n", "\n\n\n", "\t", "\t item", "\n\t item", "\n\n \n\t item\n \n",
                          "-- END BTF LOAD LOG --"})
    EXPECT_THAT(refused_btf_text(std::string("-- BEGIN BTF LOAD LOG ---\n") + log + end),
                HasSubstr("The kernel refused"));
}

class runtime_load_on_the_kernel : public ebpfkit::test::kernel_test {
 protected:
  ebpfkit::error error_of(const std::string& source, const char* map, const char* program) {
    const auto image = ebpfkit::test::compile(source);
    const ebpfkit::object_description description{
        "test", image.data(), image.size(), &map, map ? 1U : 0U, nullptr, 0, &program, 1};
    auto opened = ebpfkit::object::open(description, nullptr);
    if (!opened)
      return opened.error();
    const auto loaded = opened->load();
    EXPECT_FALSE(loaded);
    return loaded ? ebpfkit::error() : loaded.error();
  }
};

TEST_F(runtime_load_on_the_kernel, unknown_section) {
  const auto error =
      error_of("SEC(\"xdp_pass\") int pass(void *context) { return 2; }", nullptr, "pass");
  EXPECT_THAT(error.remedy, HasSubstr("libbpf knows no section 'xdp_pass'; the nearest is 'xdp'"));
}

TEST_F(runtime_load_on_the_kernel, map_that_the_kernel_refuses) {
  const auto error = error_of(R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __uint(key_size, 8); __uint(value_size, 8); } numbers SEC(".maps");
SEC("raw_tp/sched_process_exec") int fine(void *context) {
  __u64 key = 0;
  return bpf_map_lookup_elem(&numbers, &key) != 0;
})",
                              "numbers", "fine");
  EXPECT_EQ(error.object, "map 'numbers'");
  EXPECT_THAT(error.remedy, HasSubstr("The running kernel has maps of the type array: it refuses "
                                      "the key size (8), the value size (8), max_entries (1)"));
}

// clang makes `seen` one byte large, but its BTF still says that it is an int. The verifier's log
// only tells that the map has no BTF.
TEST_F(runtime_load_on_the_kernel, btf_that_the_kernel_refuses) {
  const auto error = error_of(R"(
struct bpf_spin_lock { __u32 val; };
struct guarded { struct bpf_spin_lock lock; int count; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __type(key, __u32); __type(value, struct guarded); } counts SEC(".maps");
struct __sk_buff { __u32 len; };
static int seen; int sum;
SEC("tc") int count(struct __sk_buff *packet) {
  __u32 key = 0;
  if (packet->len == 60) seen = 500;
  sum += seen;
  struct guarded *value = bpf_map_lookup_elem(&counts, &key);
  if (value) { bpf_spin_lock(&value->lock); value->count++; bpf_spin_unlock(&value->lock); }
  return 0;
})",
                              "counts", "count");
  EXPECT_THAT(error.message(), HasSubstr("has to have BTF"));
  EXPECT_THAT(error.message(), HasSubstr("The kernel refused the object's BTF ("));
  EXPECT_THAT(error.message(), HasSubstr("DATASEC .bss"));
  EXPECT_THAT(error.message(), HasSubstr("Invalid size"));
}

constexpr const char* small_program = R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __type(key, __u32); __type(value, __u64); } numbers SEC(".maps");
int total;
SEC("raw_tp/sched_process_exec") int fine(void *context) {
  __u32 key = 0;
  total++;
  return bpf_map_lookup_elem(&numbers, &key) != 0;
})";

// Lets the process open only so many more files.
class few_descriptors {
 public:
  explicit few_descriptors(unsigned more) {
    getrlimit(RLIMIT_NOFILE, &before_);
    auto limited = before_;
    for (limited.rlim_cur = 0; ebpfkit::detail::free_descriptors(1000) != more; ++limited.rlim_cur)
      setrlimit(RLIMIT_NOFILE, &limited);
  }
  ~few_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  few_descriptors(const few_descriptors&) = delete;
  few_descriptors& operator=(const few_descriptors&) = delete;

 private:
  rlimit before_{};
};

// What load() says in a process that can open only so many more files; empty when it loads. The
// process is a new one, because libbpf remembers which features it took for missing.
std::string message_with_descriptors(unsigned more,
                                     const ebpfkit::object_description& description) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto opened = ebpfkit::object::open(description, nullptr);
    std::string message = opened ? "" : opened.error().message();
    if (opened) {
      const few_descriptors limited(more);
      if (const auto loaded = opened->load(); !loaded)
        message = loaded.error().message();
    }
    const auto size = static_cast<ssize_t>(message.size());
    _exit(write(ends[1], message.data(), message.size()) == size ? 0 : 1);
  }
  close(ends[1]);
  std::string message;
  char part[1024];
  for (ssize_t size = 0; (size = read(ends[0], part, sizeof(part))) > 0;)
    message.append(part, static_cast<std::size_t>(size));
  close(ends[0]);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return message;
}

// With very few descriptors, the kernel returns EMFILE. With some more, libbpf takes features of
// the kernel for missing, and the verifier rejects what libbpf makes without them.
TEST_F(runtime_load_on_the_kernel, few_descriptors) {
  const auto image = ebpfkit::test::compile(small_program);
  const char* map = "numbers";
  const char* program = "fine";
  const ebpfkit::object_description description{
      "test", image.data(), image.size(), &map, 1, nullptr, 0, &program, 1};
  unsigned more = 0;
  for (; more < 30; ++more) {
    const auto message = message_with_descriptors(more, description);
    if (message.empty())
      break;
    EXPECT_THAT(message, HasSubstr("RLIMIT_NOFILE"));
    EXPECT_THAT(message, Not(HasSubstr("rejected the program")));
    EXPECT_THAT(message, Not(HasSubstr("The kernel refused")));
    if (message.find("EMFILE") == std::string::npos) {
      EXPECT_THAT(message, HasSubstr(" more files, and this object needs up to "));
    }
  }
  EXPECT_GT(more, 2U);
  EXPECT_LT(more, 30U);
}

// Takes the verifier some milliseconds.
std::string program_of_many_instructions(const char* end) {
  return std::string(R"(
SEC("raw_tp/sched_process_exec") int lengthy(void *context) {
  for (int i = 0; i < 20000; i++) {
    asm volatile("" : "+r"(i));
    bpf_ktime_get_ns();
  }
)") + end +
         "}";
}

volatile sig_atomic_t alarms = 0;

void count_alarm(int) {
  alarms = alarms + 1;
}

// Sends SIGALRM to the process each millisecond.
class alarm_timer {
 public:
  alarm_timer() {
    struct sigaction counting {};
    counting.sa_handler = count_alarm;
    counting.sa_flags = SA_RESTART;
    EXPECT_EQ(sigaction(SIGALRM, &counting, &before_), 0);
    const itimerval each_millisecond{{0, 1000}, {0, 1000}};
    EXPECT_EQ(setitimer(ITIMER_REAL, &each_millisecond, nullptr), 0);
  }
  ~alarm_timer() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }
  alarm_timer(const alarm_timer&) = delete;
  alarm_timer& operator=(const alarm_timer&) = delete;

 private:
  struct sigaction before_ {};
};

class runtime_load_under_a_timer : public runtime_load_on_the_kernel {
 protected:
  ebpfkit::result<void> load(const std::string& source, const ebpfkit::load_options& options) {
    const auto image = ebpfkit::test::compile(source);
    const char* program = "lengthy";
    const ebpfkit::object_description description{
        "test", image.data(), image.size(), nullptr, 0, nullptr, 0, &program, 1};
    auto opened = ebpfkit::object::open(description, nullptr);
    if (!opened)
      return opened.error();
    const alarm_timer timer;
    return opened->load(options);
  }

  static std::string blocked_signals() {
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    std::string text;
    for (int signal = 1; signal < 65; ++signal)
      text += sigismember(&blocked, signal) == 1 ? '1' : '0';
    return text;
  }
};

TEST_F(runtime_load_under_a_timer, signals_are_told) {
  const auto loaded = load(program_of_many_instructions("return 0;"), {});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, EAGAIN);
  EXPECT_EQ(loaded.error().object, "program 'lengthy'");
  EXPECT_THAT(loaded.error().message(), HasSubstr("load_options::hold_signals"));
  EXPECT_THAT(loaded.error().message(), Not(HasSubstr("rejected")));
}

TEST_F(runtime_load_under_a_timer, held_signals_arrive_afterwards) {
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &one, nullptr);
  const auto before = blocked_signals();
  ebpfkit::load_options options;
  options.hold_signals = true;
  alarms = 0;
  const auto loaded = load(program_of_many_instructions("return 0;"), options);
  EXPECT_TRUE(loaded) << loaded.error().message();
  EXPECT_GT(alarms, 0);
  EXPECT_EQ(blocked_signals(), before);

  const auto rejected =
      load(program_of_many_instructions("return *(volatile int *)((char *)context - 8);"), options);
  ASSERT_FALSE(rejected);
  EXPECT_THAT(rejected.error().message(), HasSubstr("verifier rejected the program"));
  EXPECT_EQ(blocked_signals(), before);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

// A file with BTF cannot replace the kernel's own.
TEST_F(runtime_load_on_the_kernel, kernel_without_btf) {
  const ebpfkit::test::own_mount own("tmpfs");
  ASSERT_EQ(mount("none", "/sys/kernel/btf", "tmpfs", 0, nullptr), 0);
  const auto error =
      error_of("SEC(\"iter/task\") int each(void *context) { return 0; }", nullptr, "each");
  ASSERT_EQ(umount2("/sys/kernel/btf", MNT_DETACH), 0);
  EXPECT_THAT(error.remedy,
              HasSubstr("program 'each' (SEC(\"iter/task\")) needs the kernel's own"));
  EXPECT_THAT(error.remedy, Not(HasSubstr("btf_custom_path")));
}

}  // namespace
