// Cgroups, and what links can do besides detaching, on the running kernel.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <errno.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::link_kind;
using testing::HasSubstr;

class runtime_links : public ebpfkit::test::kernel_test {};

constexpr const char* cgroup = R"(
SEC("cgroup/sock_create") int program(void *context) { count(); return 1; })";

// Makes a socket in a child process that is in the cgroup.
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
    auto attached = object.program().attach_cgroup(group.string());
    EXPECT_TRUE(attached) << attached.error().message();
    make_socket_in(group);
    EXPECT_EQ(object.all(), 1U);
    attached->detach();
    make_socket_in(group);
    EXPECT_EQ(object.all(), 0U);
    const int directory = open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const auto by_fd = object.program().attach_cgroup(directory);
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
  const auto missing = object.program().attach_cgroup("/no/such/cgroup");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().object, "program 'program' to cgroup '/no/such/cgroup'");
  EXPECT_THAT(missing.error().remedy, HasSubstr("no such directory"));
  const auto ordinary = object.program().attach_cgroup("/tmp");
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
    auto attached = object.program(0).attach_cgroup(group.string());
    EXPECT_TRUE(attached) << attached.error().message();
    const auto updated = attached->update(object.program(1));
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
  auto attached = object.program().attach_tracepoint("syscalls", "sys_enter_getpgid");
  ASSERT_TRUE(attached) << attached.error().message();
  const auto updated = attached->update(object.program());
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().object, "link to program 'program'");
  EXPECT_THAT(updated.error().remedy, HasSubstr("attach the new program"));
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
}

template <class Attach>
void expect_pin_keeps_it_attached(counting_object& object, Attach attach) {
  const own_mount pins("bpf");
  const auto path = (pins / "made" / "link").string();
  {
    auto attached = attach();
    ASSERT_TRUE(attached) << attached.error().message();
    const auto pinned = attached->pin(path);
    ASSERT_TRUE(pinned) << pinned.error().message();
    EXPECT_EQ(attached->pin_path(), path);
    EXPECT_TRUE(attached->outlives_process());
    EXPECT_FALSE(attached->pin(path + "2"));
  }
  object.mine();
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
  {
    auto opened = ebpfkit::link::open(path);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE(opened->outlives_process());
    const auto unpinned = opened->unpin();
    ASSERT_TRUE(unpinned) << unpinned.error().message();
    EXPECT_FALSE(opened->outlives_process());
    call_getpgid();
    EXPECT_EQ(object.mine(), 1U);
  }
  // Older kernels detach a link that was pinned a moment after its last reference is gone
  // (Linux 5.10: bpf_link_put() of kernel/bpf/syscall.c).
  std::uint64_t counted = 1;
  for (int attempt = 0; counted != 0 && attempt < 1000; ++attempt) {
    usleep(1000);
    call_getpgid();
    counted = object.mine();
  }
  EXPECT_EQ(counted, 0U);
  EXPECT_EQ(ebpfkit::link::open(path).error().code, ENOENT);
}

TEST_F(runtime_links, pinned_links_stay_attached) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  expect_pin_keeps_it_attached(object,
                               [&] { return object.program().attach_raw_tracepoint("sys_enter"); });
  if (!ebpfkit::detail::if_older_than({5, 15}, "").empty())
    GTEST_SKIP() << "perf events have links since Linux 5.15; raw tracepoints were tested";
  counting_object perf(tracepoint, {"program"});
  ASSERT_TRUE(perf);
  expect_pin_keeps_it_attached(
      perf, [&] { return perf.program().attach_tracepoint("syscalls", "sys_enter_getpgid"); });
}

TEST_F(runtime_links, pin_errors) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  auto attached = object.program().attach_raw_tracepoint("sys_enter");
  ASSERT_TRUE(attached);
  const auto elsewhere = attached->pin("/tmp/ebpfkit-link");
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().remedy, HasSubstr("not in a BPF file system"));
  const own_mount pins("bpf");
  const auto two_missing = attached->pin((pins / "missing" / "too" / "link").string());
  ASSERT_FALSE(two_missing);
  EXPECT_THAT(two_missing.error().remedy, HasSubstr("missing/too' does not exist"));
  const auto with_dot = attached->pin((pins / "made" / "link.1").string());
  ASSERT_FALSE(with_dot);
  EXPECT_EQ(access((pins / "made").c_str(), F_OK), -1);
  const auto unpinned = attached->unpin();
  ASSERT_FALSE(unpinned);
  EXPECT_THAT(unpinned.error().remedy, HasSubstr("not pinned"));
}

TEST_F(runtime_links, released_links_belong_to_the_caller) {
  counting_object object(raw_tracepoint(""), {"program"});
  ASSERT_TRUE(object);
  int fd = -1;
  {
    auto attached = object.program().attach_raw_tracepoint("sys_enter");
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
    auto attached = object.program().attach_raw_tracepoint("sys_enter");
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
    static auto first = by_perf.program().attach_tracepoint("syscalls", "sys_enter_getpgid");
    static auto second = raw.program().attach_raw_tracepoint("sys_enter");
    static auto third =
        by_uprobe.program().attach_uprobe("/proc/self/exe", "ebpfkit_probed_function");
    static auto fourth = by_btf.program().attach_trace();
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

// The program is attached once, whoever attached it first, so it counts each call once.
TEST_F(runtime_links, object_attach_leaves_links_of_the_application_alone) {
  counting_object object(
      "SEC(\"tp/syscalls/sys_enter_getpgid\") int program(void *context) { return count_mine(); }",
      {"program"});
  ASSERT_TRUE(object);
  const auto count_one_call = [&object] {
    object.mine();
    call_getpgid();
    return object.mine();
  };
  for (const bool by_section : {true, false}) {
    auto own = by_section ? object.program().attach()
                          : object.program().attach_tracepoint("syscalls", "sys_enter_getpgid");
    ASSERT_TRUE(own) << own.error().message();
    ASSERT_TRUE(object.attach());
    EXPECT_EQ(count_one_call(), 1U);
    object.detach();
    EXPECT_EQ(count_one_call(), 1U);  // the application's link stays
    own->detach();
    EXPECT_EQ(count_one_call(), 0U);
    ASSERT_TRUE(object.attach());
    EXPECT_EQ(count_one_call(), 0U);  // the program still belongs to the application
    object.program().set_autoattach(true);
    ASSERT_TRUE(object.attach());
    EXPECT_EQ(count_one_call(), 1U);
    ASSERT_TRUE(object.attach());
    EXPECT_EQ(count_one_call(), 1U);
    object.detach();
    EXPECT_EQ(count_one_call(), 0U);
  }
}

// When an attach function fails, object.attach() still attaches the program.
TEST_F(runtime_links, object_attaches_what_the_application_could_not) {
  counting_object object(
      "SEC(\"tp/syscalls/sys_enter_getpgid\") int program(void *context) { return count_mine(); }",
      {"program"});
  ASSERT_TRUE(object);
  EXPECT_FALSE(object.program().attach_tracepoint("syscalls", "sys_enter_nowhere"));
  ASSERT_TRUE(object.attach());
  object.mine();
  call_getpgid();
  EXPECT_EQ(object.mine(), 1U);
}

}  // namespace
