#include "measure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "support/failure.hpp"

namespace ebpfkit::host::bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

cost run(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const auto& word : command)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  const auto begin = std::chrono::steady_clock::now();
  const auto child = ::fork();
  if (child < 0)
    throw failure(fmt::format("cannot start '{}': {}", command.front(), std::strerror(errno)));
  if (child == 0) {
    const auto file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (file >= 0 && ::dup2(file, STDOUT_FILENO) >= 0)
      ::execvp(words.front(), words.data());
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) < 0)
    throw failure(fmt::format("cannot wait for '{}': {}", command.front(), std::strerror(errno)));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  if (status != 0)
    throw failure(fmt::format("failed: {}", fmt::join(command, " ")));
  return {seconds(used.ru_utime) + seconds(used.ru_stime), elapsed.count(),
          static_cast<std::uint64_t>(used.ru_maxrss) * 1024};
}

cost median(const std::vector<cost>& costs) {
  const auto middle = [&](auto cost::*part) {
    std::vector<std::decay_t<decltype(cost{}.*part)>> values;
    for (const auto& each : costs)
      values.push_back(each.*part);
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  return {middle(&cost::cpu), middle(&cost::wall), middle(&cost::peak_memory)};
}

}  // namespace ebpfkit::host::bench
