// Work in several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace ebpfkit::host {

// Calls `work` once in each of `count` threads, of which this thread is one (0 counts as 1), and
// returns when all calls have returned. Throws what a call throws, after the others have returned.
// Throws std::system_error when the system gives no further thread.
void call_in_threads(std::size_t count, const std::function<void()>& work);

}  // namespace ebpfkit::host
