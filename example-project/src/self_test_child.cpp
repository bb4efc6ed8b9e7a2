#include "self_test_child.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace kernel_watch {
namespace {

constexpr const char* child_name = "watch \"child\"";  // JSON has to escape it

std::filesystem::path executable() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

// The content of a small file in /proc. Throws std::system_error when it cannot be read.
std::string read_file(const std::string& path) {
  const unique_fd file(check_call(open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path));
  std::array<char, 4096> content{};
  const auto size = check_call(read(file.get(), content.data(), content.size()), "read " + path);
  return {content.data(), static_cast<std::size_t>(size)};
}

void check_spawn(int error_number, const char* operation) {
  if (error_number != 0)
    throw std::system_error(error_number, std::generic_category(), operation);
}

// Attributes and file actions of posix_spawn(): no signal blocked, `input` as standard input.
class spawn_settings {
 public:
  explicit spawn_settings(int input) {
    check_spawn(posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
    check_spawn(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    check_spawn(posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO),
                "posix_spawn_file_actions_adddup2");
  }
  ~spawn_settings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
};

// Says that the child is ready, waits until the parent closes its end, and returns the exit status
// for the child.
int wait_for_release(int exit_status) {
  char byte = 'r';
  if (write(STDIN_FILENO, &byte, 1) != 1)
    return EXIT_FAILURE;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return exit_status;
}

// Ends the calling thread, which is the process's first, and lets another one end the process.
[[noreturn]] void leave_to_thread(int exit_status) {
  std::thread([leader = pthread_self(), exit_status] {
    pthread_join(leader, nullptr);
    _exit(wait_for_release(exit_status));
  }).detach();
  pthread_exit(nullptr);
}

}  // namespace

int run_self_test_child(int argc, char** argv) {
  if (argc != 4)
    return EXIT_FAILURE;
  child_plan plan;
  plan.exit_status = std::atoi(argv[0]);
  plan.threads = static_cast<unsigned>(std::atoi(argv[1]));
  plan.children = static_cast<unsigned>(std::atoi(argv[2]));
  plan.leader_leaves = std::atoi(argv[3]) != 0;

  std::thread([] {}).join();
  for (unsigned i = 0; i < plan.threads; ++i)
    std::thread([] { pause(); }).detach();
  for (unsigned i = 0; i < plan.children; ++i) {
    child_process child({});
    child.release();
    child.wait();
  }
  prctl(PR_SET_NAME, child_name);
  if (plan.leader_leaves)
    leave_to_thread(plan.exit_status);
  return wait_for_release(plan.exit_status);
}

child_process::child_process(const child_plan& plan) {
  int ends[2];
  check_call(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  channel_ = unique_fd(ends[0]);
  unique_fd child_end(ends[1]);

  std::string program = executable();
  std::string option = child_option;
  std::string exit_status = std::to_string(plan.exit_status);
  std::string threads = std::to_string(plan.threads);
  std::string children = std::to_string(plan.children);
  std::string leader_leaves = std::to_string(plan.leader_leaves);
  char* const arguments[] = {program.data(), option.data(),   exit_status.data(),
                             threads.data(), children.data(), leader_leaves.data(),
                             nullptr};
  const spawn_settings settings(child_end.get());
  check_spawn(posix_spawn(&id_, program.c_str(), settings.actions(), settings.attributes(),
                          arguments, environ),
              "posix_spawn");
  child_end.reset();

  char ready;
  if (check_call(read(channel_.get(), &ready, 1), "wait for a child") != 1)
    throw std::system_error(ECHILD, std::generic_category(), "a child ended before it was ready");
}

child_process::child_process(child_process&& other) noexcept
    : id_(std::exchange(other.id_, -1)), channel_(std::move(other.channel_)) {}

child_process::~child_process() {
  if (id_ <= 0)
    return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

process_facts child_process::facts() const {
  const std::string directory = "/proc/" + std::to_string(id_);
  process_facts facts;
  const std::string name = read_file(directory + "/comm");
  facts.name = name.substr(0, name.find('\n'));

  // "PID (NAME) STATE PARENT ...": fields are counted from 1, and NAME may hold blanks.
  const std::string stat = read_file(directory + "/stat");
  const std::string fields = stat.substr(std::min(stat.rfind(')') + 1, stat.size()));
  if (std::sscanf(fields.c_str(),
                  " %*c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
                  " %" SCNu64,
                  &facts.parent, &facts.start_ticks) != 2)
    throw std::runtime_error("cannot understand " + directory + "/stat");
  return facts;
}

void child_process::signal(int number) const {
  check_call(kill(id_, number), "kill");
}

int child_process::wait() {
  int status = 0;
  check_call(waitpid(id_, &status, 0), "waitpid");
  id_ = -1;
  return status;
}

std::string executable_name() {
  constexpr std::size_t longest = 15;  // TASK_COMM_LEN - 1, linux/sched.h
  return executable().filename().string().substr(0, longest);
}

}  // namespace kernel_watch
