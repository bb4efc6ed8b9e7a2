#include "support/threads.hpp"

#include <future>
#include <vector>

namespace ebpfkit::host {

void call_in_threads(std::size_t count, const std::function<void()>& work) {
  // libc++ has no std::jthread yet. The destructors of these futures wait, too.
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < count; ++i)
    others.push_back(std::async(std::launch::async, work));
  work();
  for (auto& other : others)
    other.get();
}

}  // namespace ebpfkit::host
