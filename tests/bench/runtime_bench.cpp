// Measures what a record of a ring buffer and an operation on a map cost with EbpfKit::runtime,
// against the same work with libbpf's functions by hand. Both are measured in turn, so that they
// share the computer's load. Prints a table in Markdown. See docs/runtime.md. Needs root.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench_costs.skel.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "ebpfkit/test_run.hpp"

namespace {

using std::chrono::steady_clock;

// What a program in the ring buffer and the map needs to be right for the compiler not to leave it
// out, and for the contenders to have done the same.
std::uint64_t sum = 0;

constexpr std::uint32_t record_count = 200'000;
constexpr std::uint32_t key_count = 10'000;

struct comparison {
  std::string name;
  std::size_t count;              // operations of one call
  std::function<void()> prepare;  // is not measured
  std::function<void()> libbpf;
  std::function<void()> runtime;
};

template <class T>
T checked(ebpfkit::result<T> result) {
  if (!result)
    throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>)
    return std::move(*result);
}

void check(bool is_right, const char* what) {
  if (!is_right)
    throw std::runtime_error(std::string("failed: ") + what);
}

double nanoseconds_of(const std::function<void()>& work, std::size_t count) {
  const auto begin = steady_clock::now();
  work();
  const std::chrono::duration<double, std::nano> elapsed = steady_clock::now() - begin;
  return elapsed.count() / static_cast<double>(count);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string measure(const std::vector<comparison>& comparisons, int rounds) {
  std::string table =
      "| operation | libbpf, ns | EbpfKit::runtime, ns | ratio |\n|---|---:|---:|---:|\n";
  for (const auto& each : comparisons) {
    std::vector<double> by_hand;
    std::vector<double> by_runtime;
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
      const auto run = [&](const std::function<void()>& work, std::vector<double>& times) {
        each.prepare();
        times.push_back(nanoseconds_of(work, each.count));
      };
      // Each of them is the first one in half of the rounds.
      if (round % 2 == 0) {
        run(each.libbpf, by_hand);
        run(each.runtime, by_runtime);
      } else {
        run(each.runtime, by_runtime);
        run(each.libbpf, by_hand);
      }
      ratios.push_back(by_runtime.back() / by_hand.back());
    }
    table += fmt::format("| {} | {:.1f} | {:.1f} | {:.3f} |\n", each.name, median(by_hand),
                         median(by_runtime), median(ratios));
  }
  return table;
}

int take_record(void*, void* data, std::size_t) {
  sum += static_cast<const ebpf::bench_costs::record*>(data)->number;
  return 0;
}

ebpf::bench_costs::record copied_record;

// Copies the record, and stops libbpf behind it: an application that takes one record at a time.
int copy_record(void*, void* data, std::size_t) {
  copied_record = *static_cast<const ebpf::bench_costs::record*>(data);
  return -1;
}

// The ring buffer is full of records before each measurement.
std::vector<comparison> records_of(ebpf::bench_costs& program, ring_buffer* by_hand,
                                   ring_buffer* one_by_hand, ebpfkit::ring_buffer& by_runtime,
                                   ebpfkit::ring_buffer_reader& reader) {
  const auto fill = [&program] {
    ebpfkit::test_run_input input;
    static const std::vector<std::uint8_t> frame(64);
    input.data = frame.data();
    input.data_size = frame.size();
    input.repeat = record_count;
    checked(ebpfkit::test_run(program.programs().send, input));
  };
  const auto consume_by_hand = [by_hand] {
    check(ring_buffer__consume(by_hand) == static_cast<int>(record_count), "ring_buffer__consume");
  };
  return {{"a record, with a function (`subscribe()`)", record_count, fill, consume_by_hand,
           [&by_runtime] {
             check(checked(by_runtime.consume()) == static_cast<int>(record_count), "consume()");
           }},
          {"a record, copied, one at a time (`open_reader()`)", record_count, fill,
           [one_by_hand] {
             for (std::uint32_t i = 0; i < record_count; ++i) {
               check(ring_buffer__consume(one_by_hand) == -1, "ring_buffer__consume");
               sum += copied_record.number;
             }
           },
           [&reader] {
             for (std::uint32_t i = 0; i < record_count; ++i)
               sum += checked(reader.next<ebpf::bench_costs::record>())->number;
           }}};
}

std::vector<comparison> map_operations_of(ebpf::bench_costs& program) {
  auto counts = program.maps().counts;
  const int fd = counts.fd();
  const auto fill = [counts]() mutable {
    for (std::uint32_t key = 0; key < key_count; ++key)
      checked(counts.update(key, key));
  };
  return {
      {"`find()` in a hash", key_count, fill,
       [fd] {
         for (std::uint32_t key = 0; key < key_count; ++key) {
           std::uint64_t value = 0;
           check(bpf_map_lookup_elem(fd, &key, &value) == 0, "bpf_map_lookup_elem");
           sum += value;
         }
       },
       [counts] {
         for (std::uint32_t key = 0; key < key_count; ++key)
           sum += checked(counts.find(key)).value();
       }},
      {"`update()` in a hash", key_count, fill,
       [fd] {
         for (std::uint32_t key = 0; key < key_count; ++key) {
           const std::uint64_t value = key + sum;
           check(bpf_map_update_elem(fd, &key, &value, BPF_ANY) == 0, "bpf_map_update_elem");
         }
       },
       [counts]() mutable {
         for (std::uint32_t key = 0; key < key_count; ++key)
           checked(counts.update(key, key + sum));
       }},
      {"`erase()` in a hash", key_count, fill,
       [fd] {
         for (std::uint32_t key = 0; key < key_count; ++key)
           check(bpf_map_delete_elem(fd, &key) == 0, "bpf_map_delete_elem");
       },
       [counts]() mutable {
         for (std::uint32_t key = 0; key < key_count; ++key)
           check(checked(counts.erase(key)), "erase()");
       }},
      {"an entry of `for_each()` over a hash, against `bpf_map_get_next_key()`", key_count, fill,
       [fd] {
         std::uint32_t key = 0;
         const void* before = nullptr;
         for (std::uint32_t next = 0; bpf_map_get_next_key(fd, before, &next) == 0;) {
           std::uint64_t value = 0;
           check(bpf_map_lookup_elem(fd, &next, &value) == 0, "bpf_map_lookup_elem");
           sum += value;
           key = next;
           before = &key;
         }
       },
       [counts] {
         checked(counts.for_each([](std::uint32_t, std::uint64_t value) { sum += value; }));
       }}};
}

int run(int rounds, const std::string& report) {
  auto program = checked(ebpf::bench_costs::open_and_load());
  ring_buffer* by_hand =
      ring_buffer__new(program.maps().records.fd(), take_record, nullptr, nullptr);
  ring_buffer* one_by_hand =
      ring_buffer__new(program.maps().records.fd(), copy_record, nullptr, nullptr);
  check(by_hand != nullptr && one_by_hand != nullptr, "ring_buffer__new");
  auto by_runtime = checked(program.maps().records.subscribe<ebpf::bench_costs::record>(
      [](const ebpf::bench_costs::record& record) { sum += record.number; }));
  std::string table;
  {
    auto reader = checked(program.maps().records.open_reader());
    auto comparisons = records_of(program, by_hand, one_by_hand, by_runtime, reader);
    for (auto& each : map_operations_of(program))
      comparisons.push_back(std::move(each));
    table = measure(comparisons, rounds);
  }
  ring_buffer__free(by_hand);
  ring_buffer__free(one_by_hand);
  fmt::print("{}", table);
  if (!report.empty())
    std::ofstream(report) << table;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"EbpfKit::runtime against libbpf's functions", "ebpfkit_runtime_bench"};
  int rounds = 21;
  std::string report;
  app.add_option("--rounds", rounds, "How often each is measured")->check(CLI::PositiveNumber);
  app.add_option("--report", report, "File that gets the table as well");
  try {
    app.parse(argc, argv);
    return run(rounds, report);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ebpfkit_runtime_bench: {}\n", error.what());
    return 1;
  }
}
