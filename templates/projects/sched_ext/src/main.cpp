// THE_NAME [SECONDS]: schedules the tasks of the system meanwhile (default: 10 seconds).
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include "rate.hpp"
#include "scheduler.skel.hpp"

int main(int argc, char** argv) try {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 10;
  auto scheduler = ebpf::scheduler::open_and_load().value();
  scheduler.attach().value();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  scheduler.detach();
  std::cout << rate(scheduler.bss().begun, scheduler.bss().preempted,
                    static_cast<unsigned>(seconds))
            << '\n';
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
