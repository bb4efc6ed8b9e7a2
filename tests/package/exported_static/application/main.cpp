#include <cstdio>
#include <exception>
#include <opened.hpp>
#include <watch.hpp>

// With an argument it loads the program.
int main(int argument_count, char**) try {
  auto calls = open_with_limit(7);
  std::printf("limit %d\n", calls.data().limit);
#if defined(OWN_LIBBPF)
  std::puts("libbpf of the application");
#endif
  if (argument_count > 1)
    std::puts(watch_own_calls().c_str());
} catch (const std::exception& problem) {
  std::puts(problem.what());
  return 1;
}
