// Capabilities that objects need: with them an object loads, without one of them it does not.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "ebpfkit/capabilities.hpp"
#include "runtime_support.hpp"

namespace ebpfkit::test {
namespace {

using capability_list = std::vector<int>;

// Gives up all capabilities of this process but these.
bool keep_only(const capability_list& kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (const int capability : kept) {
    auto& half = data[capability / 32];
    half.effective |= 1U << (capability % 32);
    half.permitted = half.effective;
  }
  return syscall(SYS_capset, &header, data) == 0;
}

capability_list needed(const bytes& image) {
  bpf_object* object = bpf_object__open_mem(image.data(), image.size(), nullptr);
  capability_list list;
  for (const auto& need : capabilities_of(object))
    list.push_back(need.capability);
  bpf_object__close(object);
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

// Whether a process with these capabilities loads the object, and attaches its programs when
// `attaches`.
bool works_with(const bytes& image, const capability_list& kept, bool attaches) {
  const pid_t child = fork();
  if (child == 0) {
    libbpf_set_print(nullptr);
    if (!keep_only(kept))
      _exit(2);
    bpf_object* object = bpf_object__open_mem(image.data(), image.size(), nullptr);
    // libbpf goes on without the BTF that the kernel refuses. That must not count as success.
    const bool is_loaded = object && bpf_object__load(object) == 0 &&
                           (bpf_object__btf(object) == nullptr || bpf_object__btf_fd(object) >= 0);
    bpf_link* link = nullptr;
    if (is_loaded && attaches)
      link = bpf_program__attach(bpf_object__next_program(object, nullptr));
    _exit(is_loaded && (!attaches || libbpf_get_error(link) == 0) && (!attaches || link) ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_NE(WEXITSTATUS(status), 2) << "capset() fails";
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct object_case {
  const char* name;
  const char* source;
  const char* section;
  capability_list expected;  // of Linux 5.11 and newer
  bool attaches;
};

void PrintTo(const object_case& shown, std::ostream* out) {
  *out << shown.name;
}

class runtime_capabilities : public testing::TestWithParam<object_case> {};

TEST_P(runtime_capabilities, are_those_without_which_nothing_loads) {
  if (!have_compiler())
    GTEST_SKIP() << "no clang";
  if (geteuid() != 0)
    GTEST_SKIP() << "needs root";
  const auto& given = GetParam();
  if (!kernel_loads_empty_program(given.section))
    GTEST_SKIP() << "this kernel loads no program of " << given.section;
  const auto image = compile(given.source);
  ASSERT_FALSE(image.empty());
  const auto list = needed(image);
  auto expected = given.expected;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(list, expected);
  EXPECT_TRUE(works_with(image, list, given.attaches)) << "the capabilities do not suffice";
  for (const int dropped : list) {
    auto fewer = list;
    fewer.erase(std::find(fewer.begin(), fewer.end(), dropped));
    EXPECT_FALSE(works_with(image, fewer, given.attaches)) << "works without " << dropped;
  }
}

constexpr const char* xdp_source = R"(
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4);
         __type(key, __u32); __type(value, __u64); } seen SEC(".maps");
SEC("xdp") int program(void *context) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&seen, &key) ? 1 : 2;
})";

constexpr const char* printing_source = R"(
SEC("xdp") int program(void *context) {
  char text[] = "packet";
  bpf_trace_printk(text, sizeof(text));
  return 2;
})";

constexpr const char* raw_tracepoint_source = R"(
SEC("raw_tp/sched_process_exit") int program(void *context) { return 0; })";

constexpr const char* device_map_source = R"(
struct { __uint(type, 14 /* devmap */); __uint(max_entries, 4);
         __uint(key_size, 4); __uint(value_size, 4); } devices SEC(".maps");
SEC("socket") int program(void *context) { return 0; })";

INSTANTIATE_TEST_SUITE_P(
    objects, runtime_capabilities,
    testing::Values(
        object_case{"xdp", xdp_source, "xdp", {CAP_BPF, CAP_NET_ADMIN}, false},
        object_case{
            "printing_xdp", printing_source, "xdp", {CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON}, false},
        object_case{
            "raw_tracepoint", raw_tracepoint_source, "raw_tp", {CAP_BPF, CAP_PERFMON}, true},
        object_case{"device_map", device_map_source, "socket", {CAP_BPF, CAP_NET_ADMIN}, false}),
    [](const testing::TestParamInfo<object_case>& tested) { return tested.param.name; });

TEST(runtime_capability_names, each_stands_once) {
  EXPECT_EQ(capability_names({{CAP_NET_ADMIN, "CAP_NET_ADMIN", "a", ""},
                              {CAP_BPF, "CAP_BPF", "a", ""},
                              {CAP_BPF, "CAP_BPF", "b", ""}}),
            "CAP_BPF CAP_NET_ADMIN");
  EXPECT_EQ(capability_names({}), "");
}

TEST(runtime_capability_names, a_need_says_who_has_it_and_why) {
  if (!have_compiler())
    GTEST_SKIP() << "no clang";
  const auto image = compile(printing_source);
  bpf_object* object = bpf_object__open_mem(image.data(), image.size(), nullptr);
  const auto needs = capabilities_of(object);
  bpf_object__close(object);
  const auto found = std::find_if(needs.begin(), needs.end(),
                                  [](const auto& need) { return need.capability == CAP_PERFMON; });
  ASSERT_NE(found, needs.end());
  EXPECT_EQ(found->user, "program 'program'");
  EXPECT_EQ(found->reason, "helper bpf_trace_printk");
}

}  // namespace
}  // namespace ebpfkit::test
