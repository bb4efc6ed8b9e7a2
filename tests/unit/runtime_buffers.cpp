// Ring buffers and perf buffers: which reader wakes up when, and what it reads.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ebpfkit/perf_buffer.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "pinned_to_one_cpu.hpp"
#include "runtime_map_support.hpp"

namespace {

using namespace std::chrono_literals;
using ebpfkit::test::pinned_to_one_cpu;
using ebpfkit::test::record;
using runtime_ring_buffer = ebpfkit::test::loaded_maps;
using runtime_perf_buffer = ebpfkit::test::loaded_maps;

// Flags of bpf_ringbuf_submit().
constexpr std::uint64_t no_wakeup = 1;
constexpr std::uint64_t force_wakeup = 2;

bool is_readable(int fd, std::chrono::milliseconds timeout = 0ms) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(timeout.count())) == 1;
}

// Waits for `expected` records in several calls, because these records wake up no reader.
template <class Reader>
int poll_for(Reader& reader, int expected) {
  int count = 0;
  for (int i = 0; i < 300 && count < expected; ++i)
    count += reader.poll(100ms).value();
  return count;
}

// Requires that records have ascending numbers, whoever reads them.
struct in_order {
  std::uint64_t next = 0;

  void operator()(const record& read) {
    EXPECT_EQ(read.number, next++);
    EXPECT_EQ(read.size, sizeof(record));
  }
};

TEST_F(runtime_ring_buffer, callback) {
  ebpfkit::ring_buffer_map records(map("records"));
  in_order order;
  auto reader = records.subscribe<record>([&](const record& read) { order(read); }).value();
  EXPECT_EQ(reader.consume().value(), 0);
  EXPECT_EQ(reader.poll(1ms).value(), 0);
  EXPECT_EQ(run("submit", {500, 0, 0}), 0);
  EXPECT_TRUE(is_readable(reader.epoll_fd()));
  EXPECT_EQ(reader.consume().value(), 500);
  EXPECT_EQ(order.next, 500U);
  EXPECT_FALSE(is_readable(reader.epoll_fd()));
  EXPECT_EQ(run("discard", {}), 0);
  EXPECT_EQ(reader.consume().value(), 0);
}

TEST_F(runtime_ring_buffer, program_knows_what_was_lost) {
  ebpfkit::ring_buffer_map records(map("records"));
  int lost = 0;
  for (std::uint64_t i = 0; i < 5; ++i)
    lost += run("submit", {1000, 0, 0});
  int read = 0;
  auto reader = records.subscribe<record>([&](const record&) { ++read; }).value();
  reader.consume().value();
  EXPECT_GT(lost, 0);
  EXPECT_EQ(read + lost, 5000);
}

TEST_F(runtime_ring_buffer, records_without_wakeup_are_found) {
  ebpfkit::ring_buffer_map records(map("records"));
  in_order order;
  auto reader = records.subscribe<record>([&](const record& read) { order(read); }).value();
  EXPECT_EQ(run("submit", {10, 0, no_wakeup}), 0);
  EXPECT_FALSE(is_readable(reader.epoll_fd()));
  // The records are there already, so poll() returns at once although it has no time limit.
  EXPECT_EQ(reader.poll(-1ms).value(), 10);

  // Submit these records while poll() waits.
  std::thread producer([&] {
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(run("submit", {10, 10, no_wakeup}), 0);
  });
  EXPECT_EQ(poll_for(reader, 10), 10);
  producer.join();
  EXPECT_EQ(run("submit", {1, 20, force_wakeup}), 0);
  EXPECT_TRUE(is_readable(reader.epoll_fd(), 1s));
  EXPECT_EQ(reader.poll(0ms).value(), 1);
}

TEST_F(runtime_ring_buffer, wakes_up_who_waits) {
  ebpfkit::ring_buffer_map records(map("records"));
  auto reader = records.subscribe<record>([](const record&) {}).value();
  std::thread producer([&] {
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(run("submit", {1, 0, 0}), 0);
  });
  EXPECT_EQ(reader.poll(-1ms).value(), 1);
  producer.join();
}

void do_nothing(int) {}

TEST_F(runtime_ring_buffer, signal_ends_the_wait) {
  struct sigaction action {};
  action.sa_handler = do_nothing;
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  ebpfkit::ring_buffer_map records(map("records"));
  auto reader = records.subscribe<record>([](const record&) {}).value();
  std::atomic<bool> ended{false};
  const auto waiting = pthread_self();
  std::thread sender([&] {
    while (!ended) {
      pthread_kill(waiting, SIGUSR1);
      std::this_thread::sleep_for(10ms);
    }
  });
  EXPECT_EQ(reader.poll(-1ms).value(), 0);
  ended = true;
  sender.join();
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(runtime_ring_buffer, several_on_one_epoll) {
  ebpfkit::ring_buffer_map records(map("records"));
  ebpfkit::ring_buffer_map more(map("more_records"));
  in_order order;
  std::vector<std::uint32_t> numbers;
  auto reader = records.subscribe<record>([&](const record& read) { order(read); }).value();
  reader.add<std::uint32_t>(more, [&](std::uint32_t number) { numbers.push_back(number); }).value();
  auto moved = std::move(reader);
  EXPECT_EQ(run("submit_short", {7}), 0);
  EXPECT_TRUE(is_readable(moved.epoll_fd()));
  EXPECT_EQ(moved.poll(1s).value(), 1);
  EXPECT_EQ(run("submit", {3, 0, 0}), 0);
  EXPECT_EQ(run("submit_short", {8}), 0);
  EXPECT_EQ(moved.poll(1s).value(), 4);
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{7, 8}));
  EXPECT_EQ(order.next, 3U);

  // The other way: the application has one epoll for two readers.
  auto other =
      more.subscribe<std::uint32_t>([&](std::uint32_t number) { numbers.push_back(number); })
          .value();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  ASSERT_GE(epoll, 0);
  epoll_event event{};
  event.events = EPOLLIN;
  ASSERT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, moved.epoll_fd(), &event), 0);
  ASSERT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, other.epoll_fd(), &event), 0);
  EXPECT_EQ(run("submit", {1, 3, 0}), 0);
  EXPECT_GE(epoll_wait(epoll, &event, 1, 1000), 1);
  EXPECT_EQ(moved.consume().value(), 1);
  close(epoll);
}

TEST_F(runtime_ring_buffer, none_is_added_while_it_is_read) {
  const ebpfkit::ring_buffer_map records(map("records"));
  const ebpfkit::ring_buffer_map more(map("more_records"));
  std::optional<ebpfkit::ring_buffer> reader;
  int code = 0;
  reader = ebpfkit::ring_buffer_map(records)
               .subscribe<record>([&](const record&) {
                 const auto added = reader->add(more, [](const void*, std::size_t) {});
                 code = added ? 0 : added.error().code;
               })
               .value();
  EXPECT_EQ(run("submit", {1, 0, 0}), 0);
  EXPECT_EQ(reader->poll(1s).value(), 1);
  EXPECT_EQ(code, EBUSY);
  EXPECT_TRUE(reader->add(more, [](const void*, std::size_t) {}));
}

// glibc ends a thread with an exception that nobody may swallow.
TEST_F(runtime_ring_buffer, thread_can_end_in_the_function) {
#ifndef __GLIBC__
  GTEST_SKIP() << "this C library ends a thread without unwinding its stack";
#endif
  auto reader = ebpfkit::ring_buffer_map(map("records"))
                    .subscribe<record>([](const record&) { pthread_exit(nullptr); })
                    .value();
  EXPECT_EQ(run("submit", {1, 0, 0}), 0);
  std::thread([&] { reader.poll(1s).value(); }).join();
  EXPECT_TRUE(
      reader.add(ebpfkit::ring_buffer_map(map("more_records")), [](const void*, std::size_t) {}));
}

TEST_F(runtime_ring_buffer, error_names_the_map_of_the_record) {
  ebpfkit::ring_buffer_map records(map("records"));
  ebpfkit::ring_buffer_map more(map("more_records"));
  int read = 0;
  auto reader = records.subscribe<record>([&](const record&) { ++read; }).value();
  reader.add<record>(more, [&](const record&) { ++read; }).value();
  EXPECT_EQ(run("submit", {2, 0, 0}), 0);
  EXPECT_EQ(run("submit_short", {7}), 0);
  const auto polled = reader.poll(1s);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, EMSGSIZE);
  EXPECT_EQ(polled.error().object, "ring buffer 'more_records'");
  EXPECT_NE(polled.error().remedy.find("has 4 bytes, but the type that is read has 16"),
            std::string::npos);
  EXPECT_EQ(read, 2);
  EXPECT_EQ(reader.consume().value(), 0);
  const auto added =
      reader.add(ebpfkit::ring_buffer_map(map("table")), [](const void*, std::size_t) {});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, EINVAL);
  EXPECT_EQ(reader.consume().value(), 0);
}

TEST_F(runtime_ring_buffer, pull) {
  ebpfkit::ring_buffer_map records(map("records"));
  auto reader = records.open_reader().value();
  EXPECT_FALSE(reader.next().value().has_value());
  EXPECT_FALSE(reader.next<record>(1ms).value().has_value());
  EXPECT_EQ(run("discard", {}), 0);
  EXPECT_EQ(run("submit", {300, 0, 0}), 0);
  EXPECT_EQ(run("discard", {}), 0);
  EXPECT_TRUE(is_readable(reader.epoll_fd()));
  in_order order;
  for (int i = 0; i < 100; ++i)
    order(reader.next<record>().value().value());
  while (const auto view = reader.next().value()) {
    ASSERT_EQ(view->size, sizeof(record));
    order(*static_cast<const record*>(view->data));
  }
  EXPECT_EQ(order.next, 300U);
  EXPECT_FALSE(is_readable(reader.epoll_fd()));

  // The other records stay in the buffer when the reader ends.
  EXPECT_EQ(run("submit", {2, 300, no_wakeup}), 0);
  order(reader.next<record>(10s).value().value());
  auto moved = std::move(reader);
  { auto gone = std::move(moved); }
  auto second = records.open_reader().value();
  order(second.next<record>().value().value());
}

TEST_F(runtime_ring_buffer, pull_waits) {
  auto reader = ebpfkit::ring_buffer_map(map("records")).open_reader().value();
  std::thread producer([&] {
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(run("submit", {1, 5, 0}), 0);
  });
  EXPECT_EQ(reader.next<record>(-1ms).value().value().number, 5U);
  producer.join();
}

TEST_F(runtime_ring_buffer, pull_of_a_short_record) {
  auto reader = ebpfkit::ring_buffer_map(map("more_records")).open_reader().value();
  EXPECT_EQ(run("submit_short", {1}), 0);
  EXPECT_EQ(run("submit_short", {2}), 0);
  const auto refused = reader.next<record>();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EMSGSIZE);
  EXPECT_EQ(refused.error().object, "ring buffer 'more_records'");
  EXPECT_EQ(reader.next<std::uint32_t>().value().value(), 2U);
}

TEST_F(runtime_ring_buffer, opening_what_is_none) {
  const auto wrong = ebpfkit::ring_buffer_map(map("table")).open_reader();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, EINVAL);
  const ebpfkit::test::opened_object object(ebpfkit::test::map_programs_image());
  const auto early = ebpfkit::ring_buffer_map(object.map("records")).open_reader();
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EBADF);
  EXPECT_EQ(early.error().remedy, "Load the object first.");
}

TEST_F(runtime_perf_buffer, callback) {
  const pinned_to_one_cpu pin;
  ebpfkit::perf_buffer_map events(map("events"));
  in_order order;
  int from = -1;
  auto reader = events
                    .subscribe<record>([&](int cpu, const record& read) {
                      order(read);
                      EXPECT_EQ(read.cpu, static_cast<std::uint32_t>(cpu));
                      from = cpu;
                    })
                    .value();
  EXPECT_EQ(reader.consume().value(), 0);
  EXPECT_EQ(reader.poll(1ms).value(), 0);
  EXPECT_EQ(run("output", {50, 0}), 0);
  EXPECT_TRUE(is_readable(reader.epoll_fd(), 1s));
  EXPECT_EQ(reader.poll(1s).value(), 50);
  EXPECT_EQ(from, sched_getcpu());
  EXPECT_EQ(reader.lost(), 0U);
}

TEST_F(runtime_perf_buffer, all_cpus) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  std::map<int, int> counts;
  auto reader = ebpfkit::perf_buffer_map(map("events"))
                    .subscribe([&](int cpu, const void* bytes, std::size_t size) {
                      EXPECT_GE(size, sizeof(record));
                      EXPECT_LT(size, sizeof(record) + 8);
                      EXPECT_NE(bytes, nullptr);
                      ++counts[cpu];
                    })
                    .value();
  int cpus = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed))
      continue;
    ++cpus;
    EXPECT_EQ(run("output", {static_cast<std::uint64_t>(cpu) + 1, 0}, cpu), 0);
  }
  EXPECT_EQ(reader.consume().value(), cpus * (cpus + 1) / 2);
  EXPECT_EQ(static_cast<int>(counts.size()), cpus);
  for (const auto& [cpu, count] : counts)
    EXPECT_EQ(count, cpu + 1);
}

TEST_F(runtime_perf_buffer, wakes_up_after_so_many_records) {
  const pinned_to_one_cpu pin;
  ebpfkit::perf_buffer_options options;
  options.wakeup_events = 8;
  options.longest_delay = 0ms;
  in_order order;
  auto reader = ebpfkit::perf_buffer_map(map("events"))
                    .subscribe<record>([&](int, const record& read) { order(read); }, options)
                    .value();
  EXPECT_EQ(run("output", {7, 0}), 0);
  EXPECT_FALSE(is_readable(reader.epoll_fd(), 50ms));
  EXPECT_EQ(run("output", {1, 7}), 0);
  EXPECT_TRUE(is_readable(reader.epoll_fd(), 1s));
  EXPECT_EQ(reader.poll(0ms).value(), 8);
  // The reader also reads fewer records, before and after the wait.
  EXPECT_EQ(run("output", {3, 8}), 0);
  EXPECT_EQ(reader.poll(-1ms).value(), 3);
  std::thread producer([&] {
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(run("output", {2, 11}), 0);
  });
  EXPECT_EQ(poll_for(reader, 2), 2);
  producer.join();
}

TEST_F(runtime_perf_buffer, records_that_are_few_do_not_wait_for_ever) {
  const pinned_to_one_cpu pin;
  in_order order;
  auto reader = ebpfkit::perf_buffer_map(map("events"))
                    .subscribe<record>([&](int, const record& read) { order(read); })
                    .value();
  EXPECT_EQ(run("output", {3, 0}), 0);
  EXPECT_TRUE(is_readable(reader.epoll_fd(), 10s));
  EXPECT_EQ(reader.consume().value(), 3);
  std::thread producer([&] {
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(run("output", {2, 3}), 0);
  });
  EXPECT_EQ(reader.poll(-1ms).value(), 2);
  producer.join();
}

TEST_F(runtime_perf_buffer, wake_up_of_records_that_were_read_does_not_end_the_wait) {
  const pinned_to_one_cpu pin;
  auto reader =
      ebpfkit::perf_buffer_map(map("events")).subscribe<record>([](int, const record&) {}).value();
  EXPECT_EQ(run("output", {1, 0}), 0);
  EXPECT_EQ(reader.consume().value(), 1);
  std::thread producer([&] {
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(run("output", {1, 1}), 0);
  });
  EXPECT_EQ(reader.poll(-1ms).value(), 1);
  producer.join();
}

TEST_F(runtime_perf_buffer, lost_records_are_counted) {
  const pinned_to_one_cpu pin;
  std::uint64_t told = 0;
  ebpfkit::perf_buffer_options options;
  options.pages = 1;
  options.on_lost = [&](int cpu, std::uint64_t count) {
    EXPECT_EQ(cpu, sched_getcpu());
    told += count;
  };
  auto reader = ebpfkit::perf_buffer_map(map("events"))
                    .subscribe<record>([](int, const record&) {}, options)
                    .value();
  const int lost = run("output", {1000, 0});
  EXPECT_GT(lost, 0);
  EXPECT_EQ(reader.consume().value(), 1000 - lost);
  EXPECT_EQ(run("output", {1, 0}), 0);
  EXPECT_EQ(reader.consume().value(), 1);
  EXPECT_EQ(told, static_cast<std::uint64_t>(lost));
  EXPECT_EQ(reader.lost(), told);
}

TEST_F(runtime_perf_buffer, exceptions_and_short_records) {
  const pinned_to_one_cpu pin;
  int read = 0;
  auto reader = ebpfkit::perf_buffer_map(map("events"))
                    .subscribe<record>([&](int, const record& one) {
                      ++read;
                      if (one.number == 1)
                        throw std::runtime_error("thrown");
                    })
                    .value();
  EXPECT_EQ(run("output", {3, 0}), 0);
  EXPECT_EQ(run("output_short", {1}), 0);
  EXPECT_EQ(run("output", {1, 5}), 0);
  EXPECT_THROW(reader.consume().value(), std::runtime_error);
  EXPECT_EQ(read, 2);
  const auto refused = reader.consume();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EMSGSIZE);
  EXPECT_EQ(refused.error().object, "perf buffer 'events'");
  EXPECT_EQ(read, 3);
  EXPECT_EQ(reader.consume().value(), 1);
}

TEST_F(runtime_perf_buffer, opening_errors) {
  ebpfkit::perf_buffer_map events(map("events"));
  const auto function = [](int, const record&) {};
  ebpfkit::perf_buffer_options options;
  options.pages = 3;
  const auto pages = events.subscribe<record>(function, options);
  ASSERT_FALSE(pages);
  EXPECT_EQ(pages.error().code, EINVAL);
  EXPECT_NE(pages.error().remedy.find("power of two, and is 3"), std::string::npos);
  options.pages = 8;
  options.wakeup_events = 0;
  EXPECT_FALSE(events.subscribe<record>(function, options));
  EXPECT_FALSE(ebpfkit::perf_buffer_map(map("table")).subscribe<record>(function));
  const ebpfkit::test::opened_object object(ebpfkit::test::map_programs_image());
  const auto early = ebpfkit::perf_buffer_map(object.map("events")).subscribe<record>(function);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EBADF);
  EXPECT_EQ(early.error().remedy, "Load the object first.");
}

TEST_F(runtime_perf_buffer, without_privileges_the_remedy_is_said) {
  std::ifstream file("/proc/sys/kernel/perf_event_paranoid");
  int paranoid = -1;
  file >> paranoid;
  if (paranoid < 2)
    GTEST_SKIP() << "kernel.perf_event_paranoid allows it to all";
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0)
      _exit(3);
    const auto opened =
        ebpfkit::perf_buffer_map(map("events")).subscribe<record>([](int, const record&) {});
    const bool said = !opened && (opened.error().code == EPERM || opened.error().code == EACCES) &&
                      opened.error().remedy.find("CAP_PERFMON") != std::string::npos;
    if (!said)
      fprintf(stderr, "%s\n", opened ? "succeeded" : opened.error().message().c_str());
    _exit(said ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
