// The programs with the most threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tasks.skel.hpp"

// Returns the name of the task's process. A process chooses its own name, so characters that a
// terminal could take for commands become '?'.
inline std::string name_of(const ebpf::tasks::task& task) {
  std::string name(task.command, strnlen(task.command, sizeof(task.command)));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name;
}

// Returns the names of the processes, each with the number of threads of all processes of that
// name, the largest number first.
inline std::vector<std::pair<std::string, std::size_t>> thread_counts(
    const std::vector<ebpf::tasks::task>& tasks) {
  std::map<std::string, std::size_t> counts;
  for (const auto& task : tasks)
    ++counts[name_of(task)];
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
  return sorted;
}
