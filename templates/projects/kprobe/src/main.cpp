// THE_NAME [SECONDS]: shows how many bytes reads ask for meanwhile (default: 10 seconds).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include "histogram.hpp"
#include "reads.skel.hpp"

int main(int argc, char** argv) try {
  const std::chrono::seconds duration(argc > 1 ? std::atoi(argv[1]) : 10);
  auto reads = ebpf::reads::open_and_load().value();
  reads.attach().value();
  std::this_thread::sleep_for(duration);
  std::cout << "bytes: reads\n" << histogram(reads.bss().slots);
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
