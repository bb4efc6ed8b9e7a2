// The room machine: what needs no virtual machine.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../../src/guest/plan.hpp"
#include "machine/frames.hpp"
#include "machine/guest_plan.hpp"
#include "machine/initramfs.hpp"
#include "machine/kernel_messages.hpp"
#include "machine/kvm.hpp"
#include "machine/virtual_machine.hpp"
#include "input_fixtures.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::input_test {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct member {
  std::string name;
  unsigned mode;
  std::string content;
  std::string target;
};

// Reads an archive as another program does.
std::vector<member> members_of(const std::string& text) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_cpio(reader.get());
  EXPECT_EQ(archive_read_open_memory(reader.get(), text.data(), text.size()), ARCHIVE_OK);
  std::vector<member> members;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    const char* target = archive_entry_symlink(entry);
    member found{archive_entry_pathname(entry), archive_entry_mode(entry), "",
                 target != nullptr ? target : ""};
    if (S_ISCHR(found.mode))
      found.target = std::to_string(archive_entry_rdevmajor(entry)) + ":" +
                     std::to_string(archive_entry_rdevminor(entry));
    found.content.resize(static_cast<std::size_t>(archive_entry_size(entry)));
    if (S_ISREG(found.mode)) {
      EXPECT_EQ(archive_read_data(reader.get(), found.content.data(), found.content.size()),
                static_cast<la_ssize_t>(found.content.size()));
    } else {
      found.content.clear();
    }
    members.push_back(found);
  }
  EXPECT_EQ(archive_format(reader.get()), ARCHIVE_FORMAT_CPIO_SVR4_NOCRC);
  return members;
}

TEST(machine_initramfs, libarchive_reads_it) {
  initramfs files;
  files.add_character_device("dev/console", 5, 1);
  files.add_file("/a/b/file", "text");
  files.add_file("a/b/program", std::string(1001, '\0'), 0755);
  files.add_directory("/a/b");
  files.add_link("/a/link", "b/file");
  EXPECT_TRUE(files.has("/a/b/file"));
  EXPECT_FALSE(files.has("/a/b"));
  const auto members = members_of(files.finish());
  std::vector<std::string> names;
  for (const auto& found : members)
    names.push_back(found.name);
  ASSERT_THAT(names,
              ElementsAre("dev", "dev/console", "a", "a/b", "a/b/file", "a/b/program", "a/link"));
  EXPECT_EQ(members[0].mode, S_IFDIR | 0755U);
  EXPECT_EQ(members[1].target, "5:1");
  EXPECT_EQ(members[4].mode, S_IFREG | 0644U);
  EXPECT_EQ(members[4].content, "text");
  EXPECT_EQ(members[5].mode, S_IFREG | 0755U);
  EXPECT_EQ(members[5].content, std::string(1001, '\0'));
  EXPECT_EQ(members[6].target, "b/file");
}

TEST(machine_initramfs, directories_are_copied_with_their_links) {
  const temporary_directory work;
  work.write("tree/sub/file", to_bytes("text"));
  fs::permissions(work.write("tree/program", to_bytes("#!")), fs::perms::owner_all);
  fs::create_symlink("sub/file", work / "tree/link");
  initramfs files;
  files.add_from(work / "tree", "/files");
  std::vector<std::string> seen;
  for (const auto& found : members_of(files.finish()))
    seen.push_back(found.name + " " + found.content + found.target);
  EXPECT_THAT(seen, ElementsAre("files ", "files/link sub/file", "files/program #!", "files/sub ",
                                "files/sub/file text"));
  EXPECT_THAT(failure_text([&] { files.add_from(work / "missing", "/x"); }), HasSubstr("missing"));
}

TEST(machine_initramfs, equal_calls_make_equal_bytes) {
  const auto make = [] {
    initramfs files;
    files.add_file("/etc/x", "1");
    return files.finish();
  };
  EXPECT_EQ(make(), make());
}

std::string frame(std::string_view nonce, std::string_view head, std::string_view content) {
  return "ebpfkit " + std::string(nonce) + " " + std::string(head) + "\n" + std::string(content) +
         "\n";
}

std::string shown(const std::vector<guest_frame>& frames) {
  std::string text;
  for (const auto& found : frames)
    text += found.type + "/" + std::to_string(found.number) + "/" + found.content + ";";
  return text;
}

TEST(machine_frames, may_be_cut_anywhere) {
  const auto bytes = "boot noise\r\n" + frame("ab", "stdout 0 5", "a\nb\0c"s) + "noise ebpfkit a" +
                     frame("ab", "exit 7 0", "") + "ebpfkit";
  const auto expected = "stdout/0/a\nb\0c;exit/7/;"s;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    frame_reader reader("ab");
    auto found = shown(reader.add(bytes.substr(0, cut)));
    found += shown(reader.add(bytes.substr(cut)));
    EXPECT_EQ(found, expected) << cut;
  }
  frame_reader reader("ab");
  std::string all;
  for (const char c : bytes)
    all += shown(reader.add(std::string_view(&c, 1)));
  EXPECT_EQ(all, expected);
}

TEST(machine_frames, others_are_passed_over) {
  const auto good = frame("ab", "exit 0 1", "0");
  for (const auto& wrong :
       {frame("ba", "exit 0 1", "9"), frame("ab", "exit 0", "9"), frame("ab", "exit 0 x", "9"),
        frame("ab", "exit -1 1", "9"), frame("ab", "exit 0 99999999999999999999", "9"),
        frame("ab", "exit 0 999999999999", "9"), frame("ab", "", "9"),
        frame("ab", "exit 4294967296 1", "9"), frame("ab", " 0 1", "9"),
        "ebpfkit ab " + std::string(200, 'x')}) {
    frame_reader reader("ab");
    EXPECT_EQ(shown(reader.add(wrong + good)), "exit/0/0;") << wrong;
  }
}

// Bytes of another program that fall into a frame make its length wrong.
TEST(machine_frames, a_frame_must_end_where_its_length_says) {
  frame_reader reader("ab");
  EXPECT_EQ(shown(reader.add(frame("ab", "exit 0 1", "XX0") + frame("ab", "end 0 0", ""))),
            "end/0/;");
}

TEST(machine_kernel_messages, panics) {
  EXPECT_EQ(find_panic("[    1.25] Kernel panic - not syncing: VFS\r\n[ 1.3] ---[ end Kernel panic "
                       "- not syncing: VFS ]---\n"),
            "Kernel panic - not syncing: VFS");
  EXPECT_EQ(find_panic("all is well\nno panic here\n"), "");
}

TEST(machine_kernel_messages, complaints) {
  EXPECT_THAT(
      find_kernel_complaints("6,1,100,-;Linux version 6.1\n"
                             "4,2,200,-;WARNING: CPU: 0 PID: 1 at kernel/bpf/core.c:1 f+0x1/0x2\n"
                             " DEVICE=WARNING: no\n"
                             "3,3,300,-;BUG: KASAN: use-after-free in f+0x1\n"
                             "4,4,400,-;WARNING: possible circular locking dependency detected\n"
                             "4,5,500,-;WARNING: Spectre v2 mitigation leaves CPU vulnerable\n"
                             "1,6,600,-;BUG: unable to handle page fault for address: 0\n",
                             kernel_clock::real),
      ElementsAre("WARNING: CPU: 0 PID: 1 at kernel/bpf/core.c:1 f+0x1/0x2",
                  "BUG: KASAN: use-after-free in f+0x1",
                  "WARNING: possible circular locking dependency detected",
                  "BUG: unable to handle page fault for address: 0"));
  EXPECT_THAT(
      find_kernel_complaints("[    2.1] Oops: 0002 [#1] SMP\r\n[    2.2] rcu: INFO: "
                             "rcu_sched self-detected stall on CPU\n",
                             kernel_clock::real),
      ElementsAre("Oops: 0002 [#1] SMP", "rcu: INFO: rcu_sched self-detected stall on CPU"));
  EXPECT_THAT(find_kernel_complaints("", kernel_clock::real), IsEmpty());
}

// The clock of an emulated machine runs while QEMU waits.
TEST(machine_kernel_messages, only_a_real_clock_tells_that_something_hangs) {
  const std::vector<std::string> hangs = {
      "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
      "rcu: INFO: rcu_preempt self-detected stall on CPU",
      "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [agent:77]",
      "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!",
      "INFO: task agent:77 blocked for more than 120 seconds."};
  for (const auto& line : hangs) {
    const auto log = fmt::format("4,1,100,-;{}\n4,2,200,-;WARNING: CPU: 0 at f+0x1/0x2\n", line);
    EXPECT_THAT(find_kernel_complaints(log, kernel_clock::real),
                ElementsAre(line, "WARNING: CPU: 0 at f+0x1/0x2"));
    EXPECT_THAT(find_kernel_complaints(log, kernel_clock::emulated),
                ElementsAre("WARNING: CPU: 0 at f+0x1/0x2"));
  }
}

// SeaBIOS and shells write control sequences, which would clear the reader's screen.
TEST(machine_kernel_messages, last_lines_have_no_control_sequences) {
  EXPECT_THAT(last_lines("one\n\x1b[2J\x1b[1;31mtwo\x1b[0m\x07\r\n\n\x1b"
                         "c\nthree",
                         2),
              ElementsAre("two", "three"));
  EXPECT_THAT(last_lines("a\tb\nc", 9), ElementsAre("a\tb", "c"));
  EXPECT_THAT(last_lines("a\x1b[", 9), ElementsAre("a"));
  EXPECT_THAT(last_lines("", 9), IsEmpty());
}

std::string value_behind(const std::vector<std::string>& words, std::string_view option) {
  const auto found = std::ranges::find(words, option);
  return found == words.end() || found + 1 == words.end() ? "" : found[1];
}

TEST(machine_qemu_command, x86_64) {
  machine_request request;
  request.kernel = "/k/image";
  request.architecture = "x86_64";
  const auto words = qemu_command(request, "/files", "/results");
  EXPECT_EQ(words[0], "qemu-system-x86_64");
  EXPECT_EQ(value_behind(words, "-accel"), "tcg");
  EXPECT_EQ(value_behind(words, "-m"), "256");
  EXPECT_EQ(value_behind(words, "-kernel"), "/k/image");
  EXPECT_EQ(value_behind(words, "-initrd"), "/files");
  EXPECT_THAT(words, AllOf(Contains("-no-reboot"), Contains("file,id=results,path=/results")));
  // What would change the verifier's verdicts.
  EXPECT_THAT(value_behind(words, "-append"),
              AllOf(HasSubstr("console=ttyS0"), HasSubstr("acpi=off"),
                    Not(HasSubstr("mitigations")), Not(HasSubstr("lsm="))));
  request.has_acpi = true;
  request.memory = 300;
  request.processors = 2;
  request.qemu = "/my/qemu";
  request.kernel_arguments = "one two";
  const auto others = qemu_command(request, "/files", "/results");
  EXPECT_EQ(others[0], "/my/qemu");
  EXPECT_EQ(value_behind(others, "-m"), "300");
  EXPECT_EQ(value_behind(others, "-smp"), "2");
  EXPECT_THAT(value_behind(others, "-append"),
              AllOf(Not(HasSubstr("acpi=off")), testing::EndsWith(" one two")));
}

TEST(machine_qemu_command, arm64_and_others) {
  machine_request request;
  request.architecture = "arm64";
  auto words = qemu_command(request, "/files", "/results");
  EXPECT_EQ(words[0], "qemu-system-aarch64");
  EXPECT_EQ(value_behind(words, "-cpu"), "cortex-a72");
  EXPECT_THAT(value_behind(words, "-append"),
              AllOf(HasSubstr("console=ttyAMA0"), Not(HasSubstr("acpi=off"))));
  request.accelerated_by = accelerator::kvm;
  words = qemu_command(request, "/files", "/results");
  EXPECT_EQ(value_behind(words, "-cpu"), "host");
  EXPECT_EQ(value_behind(words, "-accel"), "kvm");
  request.architecture = "mips";
  EXPECT_THAT(failure_text([&] { qemu_command(request, "/files", "/results"); }),
              HasSubstr("'mips'"));
}

TEST(machine_plan, the_guest_reads_what_the_host_writes) {
  const std::vector<std::string> odd{"",      "a b", "\t",          "\n",    "\\",   "\\t",
                                     "\\\\n", "a\\", "\t\\\n\\n\t", "\"'$`", "\xff", "tab\tend\t"};
  guest_plan written;
  written.add("nonce", {"n\\1"});
  written.add("network");
  for (const auto& word : odd)
    written.add("argument", {word});
  written.add("object", {"/a\tb.o", "-"});
  written.add("load", {"3", "p\nq", "alone"});
  written.add("global", {"name", "1\t2"});
  const temporary_directory work;
  const auto file = work.write("plan", to_bytes(written.text()));
  guest::plan read;
  EXPECT_EQ(guest::read_plan(file.c_str(), read), "");
  EXPECT_EQ(read.nonce, "n\\1");
  EXPECT_TRUE(read.network);
  EXPECT_FALSE(read.shell);
  EXPECT_EQ(read.command, odd);
  ASSERT_THAT(read.objects, SizeIs(1));
  EXPECT_EQ(read.objects[0].path, "/a\tb.o");
  EXPECT_EQ(read.objects[0].btf, "");
  ASSERT_THAT(read.objects[0].loads, SizeIs(1));
  EXPECT_EQ(read.objects[0].loads[0].program, "p\nq");
  EXPECT_EQ(read.objects[0].loads[0].globals[0].second, "1\t2");
}

TEST(machine_plan, wrong_lines_are_told) {
  const temporary_directory work;
  const auto error_of = [&](const char* text) {
    guest::plan read;
    return guest::read_plan(work.write("plan", to_bytes(text)).c_str(), read);
  };
  EXPECT_EQ(error_of("network\n"), "the plan has no nonce");
  EXPECT_EQ(error_of("nonce\tx"), "");
  for (const char* line : {"odd", "nonce", "network\tx", "load\t1\tp\talone", "global\ta\tb"})
    EXPECT_EQ(error_of((line + "\n"s).c_str()), "the plan has a wrong line: "s + line);
  guest::plan read;
  EXPECT_THAT(guest::read_plan((work / "missing").c_str(), read), HasSubstr("cannot read"));
}

TEST(machine_kvm, the_answer_is_kept_for_this_boot) {
  if (::access("/dev/kvm", R_OK | W_OK) != 0)
    GTEST_SKIP() << "no access to /dev/kvm";
#ifdef __x86_64__
  constexpr const char* here = "x86_64";
#else
  constexpr const char* here = "arm64";
#endif
  const temporary_directory work;
  int boots = 0;
  const auto ask = [&](bool answer) {
    return can_use_kvm(work.path(), here, [&] {
      ++boots;
      return answer;
    });
  };
  EXPECT_FALSE(ask(false));
  EXPECT_FALSE(ask(true));
  EXPECT_EQ(boots, 1);
  // An answer of another boot, or half an answer, is not used.
  for (const char* old : {"other-boot yes\n", "", "yes\n"}) {
    work.write("machine/kvm", to_bytes(old));
    EXPECT_TRUE(ask(true));
    EXPECT_TRUE(ask(false));
  }
  EXPECT_EQ(boots, 4);
}

TEST(machine_kvm, another_cpu_is_never_asked_for) {
  const temporary_directory work;
  EXPECT_FALSE(can_use_kvm(work.path(), "s390x", [] {
    ADD_FAILURE() << "booted";
    return true;
  }));
  EXPECT_THAT(fs::is_empty(work.path()), true);
}

}  // namespace
// A program in the place of QEMU. `body` finds the path for results in $results.
machine_request request_for_stand_in(const temporary_directory& work, const std::string& body) {
  machine_request request;
  request.kernel = "/kernel";
  request.architecture = "x86_64";
  request.nonce = "0123456789abcdef";
  request.qemu = work / "qemu";
  std::ofstream(work / "qemu")
      << "#!/bin/sh\nfor word in \"$@\"; do case $word in file,id=results,path=*) "
         "results=${word#*path=};; esac; done\n"
      << body;
  std::filesystem::permissions(work / "qemu", std::filesystem::perms::owner_all);
  return request;
}

constexpr const char* sends_all =
    "printf 'ebpfkit 0123456789abcdef started 0 0\\n\\nebpfkit 0123456789abcdef end 0 0\\n\\n' > "
    "$results; exec sleep 60\n";

TEST(machine_run, ends_with_the_last_frame) {
  const temporary_directory work;
  const auto result = run_machine(request_for_stand_in(work, "sleep 0.3; "s + sends_all),
                                  [](const guest_frame&) {});
  EXPECT_EQ(result.end, machine_end::complete) << result.reason;
}

TEST(machine_run, time_is_over) {
  const temporary_directory work;
  auto request = request_for_stand_in(work, sends_all);
  request.time_limit = std::chrono::seconds(0);
  const auto result = run_machine(request, [](const guest_frame&) {});
  EXPECT_EQ(result.end, machine_end::not_started);
  EXPECT_THAT(result.reason, HasSubstr("the time was over"));
}

// Keeps one processor busy, on which the thread that made this object runs, too, and what it
// starts.
class crowded_processor {
 public:
  crowded_processor() {
    CPU_ZERO(&before_);
    EXPECT_EQ(::sched_getaffinity(0, sizeof before_, &before_), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
      if (CPU_ISSET(cpu, &before_))
        CPU_SET(cpu, &one);
    EXPECT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    // A new thread may run where its maker may.
    for (int count = 0; count < 8; ++count)
      threads_.emplace_back([this] {
        while (!is_over_.load(std::memory_order_relaxed)) {
        }
      });
  }
  ~crowded_processor() {
    is_over_ = true;
    for (auto& thread : threads_)
      thread.join();
    ::sched_setaffinity(0, sizeof before_, &before_);
  }
  crowded_processor(const crowded_processor&) = delete;
  crowded_processor& operator=(const crowded_processor&) = delete;

 private:
  cpu_set_t before_{};
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> threads_;
};

// The stand-in sends its results when it has waited longer for a processor than its time is.
TEST(machine_run, waiting_for_a_processor_takes_no_time) {
  if (!fs::exists("/proc/self/schedstat"))
    GTEST_SKIP() << "this kernel does not count how long programs wait for a processor";
  const temporary_directory work;
  auto request = request_for_stand_in(
      work,
      "waited=0\nwhile [ $waited -lt 1500000000 ]; do read -r ran waited turns < "
      "/proc/$$/schedstat; done\n"s +
          sends_all);
  request.accelerated_by = accelerator::kvm;
  request.time_limit = std::chrono::seconds(1);
  const crowded_processor crowd;
  const auto result = run_machine(request, [](const guest_frame&) {});
  EXPECT_EQ(result.end, machine_end::complete) << result.reason;
  EXPECT_GT(result.duration, request.time_limit);
}

// A user may need longer for a shell than a test may take.
TEST(machine_run, a_shell_has_no_time_limit) {
  const temporary_directory work;
  auto request = request_for_stand_in(work, sends_all);
  request.time_limit = std::chrono::seconds(0);
  request.is_interactive = true;
  EXPECT_EQ(run_machine(request, [](const guest_frame&) {}).end, machine_end::complete);
}

TEST(machine_run, a_kernel_that_panics_and_hangs_is_ended) {
  const temporary_directory work;
  const auto result = run_machine(
      request_for_stand_in(work, "echo 'Kernel panic - not syncing: of a test'; exec sleep 1000\n"),
      [](const guest_frame&) {});
  EXPECT_EQ(result.end, machine_end::kernel_panic);
  EXPECT_THAT(result.reason, HasSubstr("not syncing: of a test"));
}

struct another_boot {
  const char* name;
  const char* acceleration;
  const char* first_boot;  // what the stand-in for QEMU does before it ends; its next boot is good
  machine_end end;
  unsigned boots;
};

class machine_boots : public ::testing::TestWithParam<another_boot> {};

// The kernel of an emulated machine panics in its boot once in thousands of times.
TEST_P(machine_boots, only_what_has_not_begun_is_tried_again) {
  const temporary_directory work;
  std::ofstream(work / "guest") << "a guest";
  const auto counter = work / "booted";
  // The nonce is in the files of the machine.
  const auto request = request_for_stand_in(
      work,
      fmt::format("exec 2>/dev/null\n"
                  "for word in \"$@\"; do case $word in /proc/self/fd/*) files=$word;; esac; "
                  "done\n"
                  "nonce=$(tr -c 'a-f0-9' '\\n' < $files | grep -m1 -x '[0-9a-f]\\{{32\\}}')\n"
                  "frame() {{ printf \"ebpfkit $nonce $1 0 0\\n\\n\" >> $results; }}\n"
                  "if [ ! -e '{0}' ]; then : > '{0}'; {1}; exit 0; fi\n"
                  "frame started; frame end; exec sleep 60\n",
                  counter.string(), GetParam().first_boot));
  bootable_kernel kernel;
  kernel.name = "debian/6.12/amd64";
  kernel.image = "/kernel";
  kernel.architecture = "x86_64";
  machine_options options;
  options.guest = work / "guest";
  options.qemu = request.qemu;
  options.acceleration = GetParam().acceleration;
  ::testing::internal::CaptureStderr();
  const auto results = run_in_machine(kernel, {}, {}, options);
  const auto warning = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(results.machine.end, GetParam().end) << results.machine.reason;
  EXPECT_EQ(results.boots, GetParam().boots);
  EXPECT_EQ(warning.find("kernel debian/6.12/amd64: boot 1 of 3 failed") != std::string::npos,
            GetParam().boots == 2)
      << warning;
}

constexpr const char* panic = "echo 'Kernel panic - not syncing: of a test'";
constexpr const char* late_panic = "frame started; echo 'Kernel panic - not syncing: of a test'";

INSTANTIATE_TEST_SUITE_P(
    all, machine_boots,
    ::testing::Values(
        another_boot{"panic_in_the_boot", "tcg", panic, machine_end::complete, 2},
        another_boot{"no_start", "tcg", "true", machine_end::complete, 2},
        another_boot{"panic_in_the_boot_of_a_real_cpu", "kvm", panic, machine_end::kernel_panic, 1},
        another_boot{"panic_of_the_program", "tcg", late_panic, machine_end::kernel_panic, 1},
        another_boot{"early_end", "tcg", "frame started", machine_end::stopped_early, 1}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace ebpfkit::host::input_test
