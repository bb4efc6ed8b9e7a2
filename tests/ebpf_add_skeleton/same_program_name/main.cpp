#include <cstdio>

int number_of_a();
int number_of_b();

int main() {
  std::printf("a has %d, b has %d\n", number_of_a(), number_of_b());
}
