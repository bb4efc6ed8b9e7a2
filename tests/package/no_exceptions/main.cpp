#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ebpfkit/features.hpp"
#include "kernels.btf.hpp"
#include "prog.skel.hpp"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "This is to be compiled without exceptions and run-time types."
#endif

namespace {

ebpfkit::error sample_error() {
  ebpfkit::error failure;
  failure.operation = "load";
  failure.object = "program 'sample'";
  failure.code = 1;
  return failure;
}

// Calls value() of an error in a child process, which must abort. Returns what the child writes to
// stderr before that; empty when it does not abort.
std::string last_words_of_value() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0)
    return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    ebpfkit::result<void>(sample_error()).value();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  std::array<char, 256> part{};
  for (ssize_t got = 0; (got = read(ends[0], part.data(), part.size())) > 0;)
    words.append(part.data(), static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? words : std::string();
}

}  // namespace

int main() {
  if (last_words_of_value() != sample_error().message() + "\n") {
    std::fprintf(stderr, "value() of an error did not write the message and abort\n");
    return 1;
  }
  const auto btf = ebpfkit::btf_source::find(ebpf::kernels()).value();
  auto prog = ebpf::prog::open(btf.open_options()).value();
  const auto missing = ebpfkit::kernel_features::probe().missing_for(prog.get());
  for (const auto& need : missing)
    std::printf("%s\n", need.message().c_str());
  const auto self = static_cast<unsigned>(getpid());
  prog.rodata().wanted_process = self;
  prog.rodata().wanted_call = SYS_getppid;
  prog.load().value();
  unsigned received = 0;
  const auto count_own = [&](const ebpf::prog::event& event) {
    received += event.process == self ? 1U : 0U;
  };
  auto events = prog.maps().events.subscribe<ebpf::prog::event>(count_own).value();
  prog.attach().value();
  for (int i = 0; i < 100; ++i)
    syscall(SYS_getppid);
  prog.detach();
  while (events.consume().value() > 0)
    continue;
  const auto count = prog.maps().counts.find(self).value();
  std::printf("%u in the ring buffer, %llu in the map, %zu missing\n", received,
              static_cast<unsigned long long>(count.value_or(0)), missing.size());
  return 0;
}
