#include <cstdio>
#include <exception>
#include <stdexcept>
#include <watch.hpp>

// With an argument it loads the program.
int main(int argument_count, char**) try {
  std::printf("limit %d\n", default_limit());
  try {
    fail();
  } catch (const std::runtime_error& problem) {
    std::printf("caught: %s\n", problem.what());
  }
  if (argument_count > 1)
    std::puts(watch_own_calls().c_str());
} catch (const std::exception& problem) {
  std::puts(problem.what());
  return 1;
}
