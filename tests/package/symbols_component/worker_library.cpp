#include <cstdint>

#ifndef LIBRARY_WORK
#define LIBRARY_WORK library_work
#endif

extern "C" [[gnu::noinline]] int LIBRARY_WORK(int number) {
  return number * 3 + 3;
}

// An address of a library's function that a program takes itself may be that of a stub in the
// program.
extern "C" std::uintptr_t place_of_library_work() {
  return reinterpret_cast<std::uintptr_t>(&LIBRARY_WORK);
}
