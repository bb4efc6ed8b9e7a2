#include <cstdio>

#include "same.skel.hpp"

int number_of_a();
int number_of_b();
int number_of_c();

int main() {
  std::printf("a has %d, b has %d, c has %d, the application %d\n", number_of_a(), number_of_b(),
              number_of_c(), ebpf::same::open().value().data().number);
}
