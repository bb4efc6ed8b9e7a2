// THE_NAME BINARY FUNCTION [SECONDS]: counts the calls of the function of a program or library
// meanwhile (default: 10 seconds), by process.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include "calls.skel.hpp"
#include "ranking.hpp"

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: THE_NAME BINARY FUNCTION [SECONDS]\n";
    return 2;
  }
  const std::chrono::seconds duration(argc > 3 ? std::atoi(argv[3]) : 10);
  auto calls = ebpf::calls::open_and_load().value();
  const auto link = calls.programs().on_call.attach_uprobe(argv[1], argv[2]).value();
  std::this_thread::sleep_for(duration);
  for (const auto& [process, count] : ranking(calls.maps().calls.entries().value(), 20))
    std::cout << "process " << process << ": " << count << " calls\n";
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
