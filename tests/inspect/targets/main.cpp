// Stands for a loader: prints its arguments, and carries the object.
#include <iostream>

#include "counters.skel.hpp"

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i)
    std::cout << "argument <" << arguments[i] << ">\n";
  return ebpf::counters::open() ? 0 : 1;
}
