// BPF tokens, in a user namespace of a child process.
#include "ebpfkit/token_mount.hpp"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>

#include "ebpfkit/dynamic_object.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_support.hpp"

namespace ebpfkit::test {
namespace {

using testing::HasSubstr;

// The numbers of <linux/mount.h> and of <sys/syscall.h>, which older systems do not have.
constexpr long fsopen_call = 430;
constexpr long fsconfig_call = 431;
constexpr long fsmount_call = 432;
constexpr long pidfd_open_call = 434;
constexpr long pidfd_getfd_call = 438;
constexpr unsigned set_string = 1;
constexpr unsigned create = 6;

// A child process in a user namespace of its own. It mounts a BPF file system there, runs a
// function with its path, and its parent gets the text that the function returns.
class container {
 public:
  using work = std::function<std::string(const std::string& path)>;

  // `delegates`: this process, which is outside, sets the mount options.
  container(bool delegates, const work& inside) {
    int to_parent[2];
    int to_child[2];
    if (pipe2(to_parent, O_CLOEXEC) != 0 || pipe2(to_child, O_CLOEXEC) != 0)
      return;
    const pid_t child = fork();
    if (child == 0) {
      close(to_child[1]);  // so that the end of the parent ends the child
      run(to_parent[1], to_child[0], inside);
    }
    close(to_parent[1]);
    close(to_child[0]);
    int context = -1;
    if (read(to_parent[0], &context, sizeof(context)) == sizeof(context) && context >= 0 &&
        make_file_system(child, context, delegates)) {
      const bool wrote = write(to_child[1], "", 1) == 1;
      char part[512];
      for (ssize_t size = 0; wrote && (size = read(to_parent[0], part, sizeof(part))) > 0;)
        text_.append(part, static_cast<std::size_t>(size));
    }
    close(to_child[1]);
    close(to_parent[0]);
    waitpid(child, nullptr, 0);
  }

  // Empty when this system has no such containers.
  const std::string& text() const { return text_; }

 private:
  [[noreturn]] static void run(int to_parent, int from_parent, const work& inside) {
    int context = -1;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
      context = static_cast<int>(syscall(fsopen_call, "bpf", 0));
    char go = 0;
    if (write(to_parent, &context, sizeof(context)) == sizeof(context) &&
        read(from_parent, &go, 1) == 1) {
      const auto mounted = static_cast<int>(syscall(fsmount_call, context, 0, 0));
      const auto text = mounted < 0 ? std::string(strerror(errno))
                                    : inside("/proc/self/fd/" + std::to_string(mounted));
      if (write(to_parent, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        _exit(1);
    }
    _exit(0);
  }

  static bool make_file_system(pid_t child, int context, bool delegates) {
    const auto process = static_cast<int>(syscall(pidfd_open_call, child, 0));
    const auto ours = static_cast<int>(syscall(pidfd_getfd_call, process, context, 0));
    bool done = ours >= 0;
    for (const char* option :
         {"delegate_cmds", "delegate_maps", "delegate_progs", "delegate_attachs"})
      done =
          done && (!delegates || syscall(fsconfig_call, ours, set_string, option, "any", 0) == 0);
    done = done && syscall(fsconfig_call, ours, create, nullptr, nullptr, 0) == 0;
    close(ours);
    close(process);
    return done;
  }

  std::string text_;
};

// What find() says about a path.
std::string answer_about(const std::string& path) {
  const auto found = token_mount::find(path.c_str());
  return found ? std::string("found") : found.error().message();
}

class runtime_token_mount : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root";
  }
};

TEST_F(runtime_token_mount, what_is_no_bpf_file_system) {
  EXPECT_THAT(answer_about("/proc"), HasSubstr("No BPF file system is mounted there."));
  EXPECT_THAT(answer_about("/no/such/mount"),
              HasSubstr("cannot take a BPF token from directory '/no/such/mount'"));
  EXPECT_EQ(token_mount::find("/no/such/mount").error().code, ENOENT);
  EXPECT_EQ(token_mount::find("/proc/self/status").error().code, ENOTDIR);
}

TEST_F(runtime_token_mount, environment) {
  unsetenv("LIBBPF_BPF_TOKEN_PATH");
  const auto without = token_mount::find();
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, EINVAL);
  EXPECT_THAT(without.error().remedy, HasSubstr("set LIBBPF_BPF_TOKEN_PATH"));
  setenv("LIBBPF_BPF_TOKEN_PATH", "/no/such/mount", 1);
  const auto with = token_mount::find();
  unsetenv("LIBBPF_BPF_TOKEN_PATH");
  ASSERT_FALSE(with);
  EXPECT_THAT(with.error().object, HasSubstr("/no/such/mount"));
}

TEST_F(runtime_token_mount, first_user_namespace) {
  const own_bpf_file_system files;
  if (!files.is_mounted())
    GTEST_SKIP() << "cannot mount a BPF file system";
  const auto answer = answer_about(files.path("."));
  // The namespace of the test may be another one already.
  EXPECT_THAT(answer, testing::AnyOf(HasSubstr("need Linux 6.9"), HasSubstr("which has no tokens"),
                                     HasSubstr("delegates nothing")));
}

TEST_F(runtime_token_mount, nothing_delegated) {
  const container inside(false, answer_about);
  if (inside.text().empty())
    GTEST_SKIP() << "no user namespaces with BPF file systems";
  EXPECT_THAT(inside.text(), testing::AnyOf(HasSubstr("need Linux 6.9"),
                                            HasSubstr("delegate_cmds=any, delegate_maps=any")));
}

TEST_F(runtime_token_mount, loads_in_a_user_namespace) {
  if (!have_compiler())
    GTEST_SKIP() << "no clang";
  const auto image = compile(R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
SEC("xdp") int program(void *context) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&counts, &key) ? 2 : 1;
})");
  const container inside(true, [&](const std::string& path) -> std::string {
    const auto rights = token_mount::find(path.c_str());
    if (!rights)
      return rights.error().message();
    if (rights->path() != path)
      return "another path";
    // Without a token, the process may not load.
    setenv("LIBBPF_BPF_TOKEN_PATH", "", 1);
    auto without = dynamic_object::open_bytes(image.data(), image.size(), "without");
    if (!without || without->load())
      return "loads without a token";
    auto opened =
        dynamic_object::open_bytes(image.data(), image.size(), "with", rights->open_options());
    if (!opened)
      return opened.error().message();
    const auto loaded = opened->load();
    return loaded ? "loads" : loaded.error().message();
  });
  if (inside.text().empty())
    GTEST_SKIP() << "no user namespaces with delegating BPF file systems";
  const bool has_tokens = libbpf_major_version() > 1 || libbpf_minor_version() >= 4;
  if (has_tokens)
    EXPECT_EQ(inside.text(), "loads");
  else
    EXPECT_THAT(inside.text(), HasSubstr("libbpf takes tokens since 1.4."));
}

}  // namespace
}  // namespace ebpfkit::test
