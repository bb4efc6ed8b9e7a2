// Reads BPF iterators on the running kernel by bytes, lines and records.
#include "ebpfkit/iterator_reader.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ebpfkit/link_info.hpp"
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
  const auto info = one->info().value();
  ASSERT_NE(std::get_if<ebpfkit::iterator_place>(&info.place), nullptr);
  EXPECT_EQ(std::get_if<ebpfkit::iterator_place>(&info.place)->target, "task");
  EXPECT_EQ(std::get_if<ebpfkit::iterator_place>(&info.place)->process,
            static_cast<std::uint32_t>(getpid()));
  options.process = 0;
  options.process_fd = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
  ASSERT_GE(options.process_fd, 0);
  const auto by_fd = object.program(0).attach_iter(options);
  ASSERT_TRUE(by_fd) << by_fd.error().message();
  EXPECT_EQ(ebpfkit::iterator_reader::open(*by_fd).value().read_all().value(), of_all_threads);
  options.thread = getpid();
  const auto both = object.program(0).attach_iter(options);
  close(options.process_fd);
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().remedy, HasSubstr("Give one of"));
}

TEST_F(runtime_iterator, one_cgroup_by_its_id) {
  counting_object object("SEC(\"iter/cgroup\") int groups(void *context) { return 0; }", {"groups"},
                         false);
  if (!ebpfkit::detail::if_older_than({6, 1}, "").empty())
    GTEST_SKIP() << "iterators over cgroups are from Linux 6.1";
  object.load();
  ASSERT_TRUE(object);
  const ebpfkit::test::own_mount groups("cgroup2");
  struct stat root {};
  ASSERT_EQ(stat((groups / "").c_str(), &root), 0);
  ebpfkit::iter_options options;
  options.cgroup_id = root.st_ino;
  const auto attached = object.program(0).attach_iter(options);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto info = attached->info().value();
  ASSERT_NE(std::get_if<ebpfkit::iterator_place>(&info.place), nullptr);
  EXPECT_EQ(std::get_if<ebpfkit::iterator_place>(&info.place)->cgroup_id, root.st_ino);
  options.cgroup_id = ~std::uint64_t{0};
  const auto missing = object.program(0).attach_iter(options);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().remedy, HasSubstr("no such cgroup"));
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
