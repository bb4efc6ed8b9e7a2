// Reads BPF iterators on the running kernel by bytes, lines and records.
#include "ebpfkit/iterator_reader.hpp"

#include <errno.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace {

using ebpfkit::test::counting_object;
using testing::ElementsAre;
using testing::HasSubstr;

class runtime_iterator : public ebpfkit::test::kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (!ebpfkit::detail::if_older_than({5, 8}, "").empty())
      GTEST_SKIP() << "iterators are from Linux 5.8";
  }
};

// The iterators over the elements of a map.
class runtime_map_iterator : public runtime_iterator {
 protected:
  void SetUp() override {
    runtime_iterator::SetUp();
    if (!IsSkipped() && !ebpfkit::test::kernel_loads_empty_program("iter/bpf_map_elem"))
      GTEST_SKIP() << "this kernel refuses to load an empty iterator over the elements of a map";
  }
};

constexpr const char* map_iterators = R"(
#include <bpf/bpf_tracing.h>
#define relocated __attribute__((preserve_access_index))
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; } relocated;
struct bpf_map { __u32 id; } relocated;
struct bpf_iter__bpf_map_elem { struct bpf_iter_meta *meta; void *key; void *value; } relocated;

SEC("iter/bpf_map_elem") int text(struct bpf_iter__bpf_map_elem *context) {
  __u32 *key = context->key;
  __u64 *value = context->value;
  if (!key || !value) return 0;
  BPF_SEQ_PRINTF(context->meta->seq, "%u %llu\n", *key, *value);
  return 0;
}
SEC("iter/bpf_map_elem") int records(struct bpf_iter__bpf_map_elem *context) {
  struct { __u64 key; __u64 value; } record;
  __u32 *key = context->key;
  __u64 *value = context->value;
  if (!key || !value) return 0;
  record.key = *key;
  record.value = *value;
  bpf_seq_write(context->meta->seq, &record, sizeof(record));
  return 0;
}
)";

constexpr const char* task_iterator = R"(
#include <bpf/bpf_tracing.h>
#define relocated __attribute__((preserve_access_index))
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; } relocated;
struct task_struct { int tgid; } relocated;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } relocated;

SEC("iter/task") int tasks(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (!task) return 0;
  BPF_SEQ_PRINTF(context->meta->seq, "%d\n", task->tgid);
  return 0;
}
)";

struct map_element {
  std::uint64_t key;
  std::uint64_t value;
};

// Puts known values into the map; the last one is not ours.
void fill(counting_object& object) {
  for (std::uint32_t key = 0; key < 4; ++key)
    EXPECT_TRUE(object.counts().update(key, key * 100ULL + 1));
}

ebpfkit::iter_options over_counts(const counting_object& object) {
  ebpfkit::iter_options options;
  options.map_fd = object.counts().fd();
  return options;
}

TEST_F(runtime_map_iterator, lines) {
  counting_object object(map_iterators, {"text", "records"});
  ASSERT_TRUE(object);
  fill(object);
  const auto attached = object.program(0).attach_iter(over_counts(object));
  ASSERT_TRUE(attached) << attached.error().message();
  auto pass = ebpfkit::iterator_reader::open(*attached);
  ASSERT_TRUE(pass) << pass.error().message();
  std::vector<std::string> lines;
  while (auto line = pass->next_line().value())
    lines.push_back(*line);
  EXPECT_THAT(lines, ElementsAre("0 1", "1 101", "2 201", "3 301"));
  EXPECT_EQ(pass->next_line().value(), std::nullopt);
  // A new pass sees the current values.
  EXPECT_TRUE(object.counts().update(2, 7));
  auto next = ebpfkit::iterator_reader::open(*attached).value();
  EXPECT_EQ(next.next_line().value(), "0 1");
  EXPECT_EQ(next.read_all().value(), "1 101\n2 7\n3 301\n");
}

TEST_F(runtime_map_iterator, bytes) {
  counting_object object(map_iterators, {"text", "records"});
  ASSERT_TRUE(object);
  fill(object);
  const auto attached = object.program(0).attach_iter(over_counts(object));
  ASSERT_TRUE(attached) << attached.error().message();
  auto pass = ebpfkit::iterator_reader::open(*attached).value();
  std::string text;
  char byte = 0;
  while (pass.read(&byte, 1).value() == 1)
    text += byte;
  EXPECT_EQ(text, "0 1\n1 101\n2 201\n3 301\n");
}

TEST_F(runtime_map_iterator, records) {
  counting_object object(map_iterators, {"text", "records"});
  ASSERT_TRUE(object);
  fill(object);
  const auto attached = object.program(1).attach_iter(over_counts(object));
  ASSERT_TRUE(attached) << attached.error().message();
  auto pass = ebpfkit::iterator_reader::open(*attached).value();
  std::uint64_t expected = 0;
  while (const auto found = pass.next<map_element>().value()) {
    EXPECT_EQ(found->key, expected);
    EXPECT_EQ(found->value, expected * 100 + 1);
    ++expected;
  }
  EXPECT_EQ(expected, 4U);
  // Four records of 16 bytes are two records of 24 bytes, and a part of one.
  struct longer {
    std::uint64_t words[3];
  };
  auto wrong = ebpfkit::iterator_reader::open(*attached).value();
  EXPECT_TRUE(wrong.next<longer>().value());
  EXPECT_TRUE(wrong.next<longer>().value());
  const auto part = wrong.next<longer>();
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code, EBADMSG);
  EXPECT_THAT(part.error().remedy, HasSubstr("16 bytes of a record of 24"));
}

TEST_F(runtime_iterator, tasks_all_or_of_one_process) {
  counting_object object(task_iterator, {"tasks"});
  ASSERT_TRUE(object);
  const auto every = object.program(0).attach_iter();
  ASSERT_TRUE(every) << every.error().message();
  const auto own = std::to_string(getpid()) + "\n";
  EXPECT_THAT("\n" + ebpfkit::iterator_reader::open(*every).value().read_all().value(),
              HasSubstr("\n" + own));
  ebpfkit::iter_options options;
  options.process = getpid();
  const auto one = object.program(0).attach_iter(options);
  if (!ebpfkit::detail::if_older_than({6, 1}, "").empty()) {
    ASSERT_FALSE(one);
    EXPECT_THAT(one.error().remedy, HasSubstr("Linux 6.1"));
    return;
  }
  ASSERT_TRUE(one) << one.error().message();
  // One line for each thread: a sanitizer may have one of its own.
  std::string of_all_threads;
  for ([[maybe_unused]] const auto& thread : std::filesystem::directory_iterator("/proc/self/task"))
    of_all_threads += own;
  EXPECT_EQ(ebpfkit::iterator_reader::open(*one).value().read_all().value(), of_all_threads);
}

TEST_F(runtime_map_iterator, pass_outlives_the_link) {
  counting_object object(map_iterators, {"text", "records"});
  ASSERT_TRUE(object);
  fill(object);
  auto attached = object.program(0).attach_iter(over_counts(object));
  ASSERT_TRUE(attached) << attached.error().message();
  auto pass = ebpfkit::iterator_reader::open(*attached).value();
  attached->detach();
  EXPECT_EQ(pass.next_line().value(), "0 1");
  auto moved = std::move(pass);
  EXPECT_EQ(moved.next_line().value(), "1 101");
}

TEST_F(runtime_map_iterator, errors) {
  counting_object object(map_iterators, {"text", "records"});
  ASSERT_TRUE(object);
  const auto without_map = object.program(0).attach_iter();
  ASSERT_FALSE(without_map);
  EXPECT_EQ(without_map.error().object, "program 'text' to its iterator");
  EXPECT_THAT(without_map.error().remedy, HasSubstr("map_fd"));
  const auto of_nothing = ebpfkit::iterator_reader::open(ebpfkit::link());
  ASSERT_FALSE(of_nothing);
  EXPECT_THAT(of_nothing.error().remedy, HasSubstr("not that of an iterator"));
}

}  // namespace
