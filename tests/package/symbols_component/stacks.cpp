// Prints what the addresses of a child process are: in a function with debug information, in the C
// library, and in no file.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "ebpfkit/process_symbols.hpp"

namespace work {

[[gnu::noinline]] std::uint64_t place_of_call() {
  return reinterpret_cast<std::uint64_t>(__builtin_return_address(0));
}

}  // namespace work

int main() {
  const auto here = work::place_of_call();
  const auto function = reinterpret_cast<std::uint64_t>(&work::place_of_call);
  const auto library = reinterpret_cast<std::uint64_t>(&qsort);
  const auto stack = reinterpret_cast<std::uint64_t>(&here);

  // The child has the same files at the same places, and lives until it is killed.
  const pid_t child = fork();
  if (child == 0)
    pause();
  auto opened = ebpfkit::process_symbols::open(child).value();
  auto symbols = static_cast<ebpfkit::process_symbols&&>(opened);
  for (const auto address : {here, function + 1, library, stack, std::uint64_t{16}}) {
    const auto symbol = symbols.find(address);
    std::puts(symbol ? symbol->text().c_str() : "none");
  }
  std::puts(symbols.find(library)->file.c_str());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);

  const auto ended = ebpfkit::process_symbols::open(child);
  std::puts(ended ? "the child still lives" : ended.error().message().c_str());
  return 0;
}
