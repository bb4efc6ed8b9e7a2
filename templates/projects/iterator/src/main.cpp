// THE_NAME: lists the programs with the most threads.
#include <exception>
#include <iostream>
#include <vector>

#include <ebpfkit/iterator_reader.hpp>

#include "tasks.skel.hpp"
#include "thread_counts.hpp"

int main() try {
  auto object = ebpf::tasks::open_and_load().value();
  const auto link = object.programs().write_task.attach_iter().value();
  auto reader = ebpfkit::iterator_reader::open(link).value();
  std::vector<ebpf::tasks::task> tasks;
  while (const auto task = reader.next<ebpf::tasks::task>().value())
    tasks.push_back(*task);
  for (const auto& [command, count] : thread_counts(tasks))
    std::cout << count << ' ' << command << '\n';
} catch (const std::exception& error) {
  std::cerr << "THE_NAME: " << error.what() << '\n';
  return 1;
}
