// Waits in one thread for descriptors, timers and the signals that ask a program to end.
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <list>

#include "unique_fd.hpp"

namespace kernel_watch {

class event_loop {
 public:
  using callback = std::function<void()>;

  // Blocks SIGINT and SIGTERM. run() takes them from a signalfd, so that destructors of objects on
  // the stack run. Throws std::system_error, as all functions here do.
  event_loop();
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  // Calls `on_readable` whenever `descriptor` can be read; it must stay open while run() runs.
  void watch(int descriptor, callback on_readable);

  // Calls `on_expiry` once in every `period`, which must be positive.
  void every(std::chrono::nanoseconds period, callback on_expiry);

  // Lets run() return after `delay`; a delay of zero means never.
  void stop_after(std::chrono::nanoseconds delay);

  // Serves the callbacks until a signal, the end of stop_after()'s delay or stop().
  void run();

  void stop() { stopped_ = true; }

 private:
  void start_timer(std::chrono::nanoseconds first, std::chrono::nanoseconds period,
                   callback on_expiry);

  struct watched {
    unique_fd owned;  // empty for descriptors that belong to the caller
    callback on_readable;
  };

  sigset_t previous_mask_;
  unique_fd epoll_;
  std::list<watched> watched_;  // a list: epoll holds pointers to the elements
  bool stopped_ = false;
};

}  // namespace kernel_watch
