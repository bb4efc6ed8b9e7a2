// The tests of map views share this: an object with a map of each kind, on the running kernel, and
// programs that tests run by hand.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bpf_compiler.hpp"

namespace ebpfkit::test {

struct counter {
  std::uint64_t packets;
  std::uint64_t bytes;
};

struct prefix {
  std::uint32_t length;     // bits
  std::uint8_t address[4];  // network order
};

struct guarded {
  std::uint32_t lock;  // struct bpf_spin_lock
  std::uint32_t packets;
};

struct record {
  std::uint64_t number;
  std::uint32_t cpu;
  std::uint32_t size;
};

struct large_value {
  std::uint32_t number;
  std::uint8_t rest[4092];
};

constexpr const char* map_programs = R"(
struct counter { __u64 packets; __u64 bytes; };
struct prefix { __u32 length; __u8 address[4]; };
struct record { __u64 number; __u32 cpu; __u32 size; };
struct bpf_spin_lock { __u32 val; };
struct guarded { struct bpf_spin_lock lock; __u32 packets; };
struct large_value { __u32 number; __u8 rest[4092]; };

#define MAP(NAME, TYPE, ENTRIES, KEY, VALUE, FLAGS) \
  struct { __uint(type, TYPE); __uint(max_entries, ENTRIES); __uint(map_flags, FLAGS); \
           __type(key, KEY); __type(value, VALUE); } NAME SEC(".maps")
#define SET(NAME, TYPE, ENTRIES, VALUE) \
  struct { __uint(type, TYPE); __uint(max_entries, ENTRIES); __type(value, VALUE); } \
  NAME SEC(".maps")
#define RING(NAME, BYTES) \
  struct { __uint(type, 27); __uint(max_entries, BYTES); } NAME SEC(".maps")

MAP(table, 1, 20000, __u32, struct counter, 0);
MAP(crowded, 1, 64, __u32, struct large_value, 64);  /* BPF_F_ZERO_SEED */
MAP(small, 1, 4, __u32, __u64, 0);
MAP(locked, 1, 100, __u32, struct guarded, 0);
MAP(recent, 9, 128, __u32, __u64, 0);
MAP(cells, 2, 10000, __u32, __u64, 0);
MAP(frame_counts, 6, 4, __u32, struct counter, 0);
MAP(by_process, 5, 3000, __u32, __u32, 0);
MAP(recent_by_process, 10, 128, __u32, __u64, 2);    /* BPF_F_NO_COMMON_LRU */
MAP(routes, 11, 1000, struct prefix, __u32, 1);      /* BPF_F_NO_PREALLOC */
SET(tasks, 22, 8, __u32);
SET(undo, 23, 8, __u32);
SET(seen, 30, 100, __u32);
RING(records, 65536);
RING(more_records, 4096);
struct { __uint(type, 4); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");

struct arguments { __u64 values[4]; };

SEC("raw_tp") int count(struct arguments* context) {
  __u32 key = context->values[0];
  struct counter* counter = bpf_map_lookup_elem(&frame_counts, &key);
  if (!counter)
    return 1;
  counter->packets++;
  counter->bytes += context->values[1];
  return 0;
}

SEC("raw_tp") int work(struct arguments* context) {
  __u32 value = 0;
  if (bpf_map_pop_elem(&tasks, &value))
    return -1;
  value *= 2;
  bpf_map_push_elem(&undo, &value, 0);
  bpf_map_push_elem(&seen, &value, 0);
  return value;
}

SEC("raw_tp") int route(struct arguments* context) {
  struct prefix address = {32, {context->values[0], context->values[1], context->values[2],
                                context->values[3]}};
  __u32* found = bpf_map_lookup_elem(&routes, &address);
  return found ? *found : -1;
}

/* values: first key, number of keys. Gives the number of those that found room. */
SEC("raw_tp") int insert(struct arguments* context) {
  int inserted = 0;
  for (; inserted < 100 && inserted < context->values[1]; inserted++) {
    __u32 key = context->values[0] + inserted;
    struct counter value = {key, 1};
    if (bpf_map_update_elem(&table, &key, &value, 0))
      break;
  }
  return inserted;
}

/* values: number of records, number of the first, flags. Gives the number of lost records. */
SEC("raw_tp") int submit(struct arguments* context) {
  int lost = 0;
  for (__u64 i = 0; i < 1000 && i < context->values[0]; i++) {
    struct record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
    if (!record) {
      lost++;
      continue;
    }
    record->number = context->values[1] + i;
    record->cpu = bpf_get_smp_processor_id();
    record->size = sizeof(*record);
    bpf_ringbuf_submit(record, context->values[2]);
  }
  return lost;
}

SEC("raw_tp") int submit_short(struct arguments* context) {
  __u32 number = context->values[0];
  bpf_ringbuf_output(&more_records, &number, sizeof(number), 0);
  return 0;
}

SEC("raw_tp") int discard(struct arguments* context) {
  struct record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
  if (record)
    bpf_ringbuf_discard(record, 0);
  return 0;
}

SEC("raw_tp") int output(struct arguments* context) {
  int lost = 0;
  for (__u64 i = 0; i < 1000 && i < context->values[0]; i++) {
    struct record record = {context->values[1] + i, bpf_get_smp_processor_id(), sizeof(record)};
    if (bpf_perf_event_output(context, &events, 0xffffffff, &record, sizeof(record)))
      lost++;
  }
  return lost;
}

SEC("raw_tp") int output_short(struct arguments* context) {
  __u32 number = context->values[0];
  bpf_perf_event_output(context, &events, 0xffffffff, &number, sizeof(number));
  return 0;
}
)";

// Compiled once for all tests.
inline const bytes& map_programs_image() {
  static const auto image = compile(map_programs);
  return image;
}

class opened_object {
 public:
  explicit opened_object(const bytes& image)
      : object_(bpf_object__open_mem(image.data(), image.size(), nullptr)) {}

  explicit operator bool() const { return object_ != nullptr; }
  bpf_object* get() const { return object_.get(); }
  bool load() const { return bpf_object__load(object_.get()) == 0; }

  bpf_map* map(const char* name) const {
    bpf_map* found = bpf_object__find_map_by_name(object_.get(), name);
    if (!found)
      abort();
    return found;
  }

  // Runs a program once, on `cpu` unless that is negative. Returns what the program returned, or
  // the negative errno when the run itself fails.
  int run(const char* name, std::vector<std::uint64_t> arguments, int cpu = -1) const {
    arguments.resize(4);
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.ctx_in = arguments.data();
    options.ctx_size_in = static_cast<std::uint32_t>(arguments.size() * sizeof(std::uint64_t));
    if (cpu >= 0) {
      options.flags = BPF_F_TEST_RUN_ON_CPU;
      options.cpu = static_cast<std::uint32_t>(cpu);
    }
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), name);
    const int code = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
    return code != 0 ? code : static_cast<int>(options.retval);
  }

 private:
  struct closer {
    void operator()(bpf_object* opened) const { bpf_object__close(opened); }
  };
  std::unique_ptr<bpf_object, closer> object_;
};

// Loads the object, or skips the test.
class loaded_maps : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_compiler())
      GTEST_SKIP() << "no clang";
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root";
    ASSERT_FALSE(map_programs_image().empty());
    object_ = std::make_unique<opened_object>(map_programs_image());
    ASSERT_TRUE(*object_);
    ASSERT_TRUE(object_->load());
  }

  bpf_map* map(const char* name) const { return object_->map(name); }
  int run(const char* program, std::vector<std::uint64_t> arguments, int cpu = -1) const {
    return object_->run(program, std::move(arguments), cpu);
  }

  std::unique_ptr<opened_object> object_;
};

}  // namespace ebpfkit::test
