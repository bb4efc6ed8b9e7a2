#include <cstdio>
#include <exception>
#include <string>

namespace first_ebpf {
std::string numbers();
}
namespace second_ebpf {
std::string numbers();
}

int main() try {
  std::printf("first %s\nsecond %s\n", first_ebpf::numbers().c_str(),
              second_ebpf::numbers().c_str());
} catch (const std::exception& problem) {
  std::puts(problem.what());
  return 1;
}
