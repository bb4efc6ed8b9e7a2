// A process whose addresses places.cpp names. Prints the addresses of functions of its own and of
// its library, then waits. With WORK it is a program whose functions have other names.
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#ifndef WORK
#define WORK program_work
#endif

extern "C" {
std::uintptr_t place_of_library_work();

[[gnu::noinline]] int WORK(int number) {
  return number * 7 + 1;
}

// The name is also that of a type for the C++ demangler.
[[gnu::noinline]] int f(int number) {
  return number * 5 + 2;
}
}

int main(int count, char**) {
  const std::uintptr_t places[] = {reinterpret_cast<std::uintptr_t>(&WORK),
                                   reinterpret_cast<std::uintptr_t>(&f), place_of_library_work()};
  for (const auto place : places)
    std::printf("%llx ", static_cast<unsigned long long>(place));
  std::printf("\n");
  std::fflush(stdout);
  pause();
  return WORK(count) + f(count);
}
