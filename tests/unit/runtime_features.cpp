// Features of the running kernel. The tests compare them with what bpftool finds, and with what
// loading and attaching then really do.
#include <bpf/libbpf.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bpf_compiler.hpp"
#include "ebpfkit/features.hpp"
#include "features/attempts.hpp"
#include "features/instruction_needs.hpp"
#include "features/type_probes.hpp"
#include "own_tracefs.hpp"
#include "system/running_kernel.hpp"

namespace {

using ebpfkit::kernel_feature;
using ebpfkit::kernel_features;
using ebpfkit::missing_effect;
using ebpfkit::object_need;
using ebpfkit::support;
using ebpfkit::detail::scan_instructions;

using needs = std::vector<object_need>;

bpf_insn code(unsigned opcode, int offset = 0, int immediate = 0, unsigned source = 0) {
  bpf_insn made{};
  made.code = static_cast<__u8>(opcode);
  made.off = static_cast<__s16>(offset);
  made.imm = immediate;
  made.src_reg = source & 0xfU;
  return made;
}

std::vector<kernel_feature> features_of(const bpf_insn& single) {
  return scan_instructions(&single, 1).features;
}

TEST(runtime_features_instructions, helpers_are_found_once) {
  const bpf_insn program[] = {code(BPF_JMP | BPF_CALL, 0, 130), code(BPF_JMP | BPF_CALL, 0, 1),
                              code(BPF_JMP | BPF_CALL, 0, 130), code(BPF_JMP | BPF_EXIT)};
  const auto found = scan_instructions(program, std::size(program));
  EXPECT_EQ(found.helpers, (std::vector<unsigned>{1, 130}));
  EXPECT_TRUE(found.features.empty());
}

TEST(runtime_features_instructions, functions_and_kernel_functions_are_no_helpers) {
  const bpf_insn program[] = {code(BPF_JMP | BPF_CALL, 0, -1, BPF_PSEUDO_CALL),
                              code(BPF_JMP | BPF_CALL, 0, 77, BPF_PSEUDO_KFUNC_CALL)};
  EXPECT_TRUE(scan_instructions(program, std::size(program)).helpers.empty());
}

TEST(runtime_features_instructions, second_half_of_a_64_bit_load_is_skipped) {
  const bpf_insn program[] = {code(BPF_LD | BPF_IMM | BPF_DW), code(BPF_JMP | BPF_CALL, 0, 9),
                              code(BPF_JMP | BPF_EXIT)};
  EXPECT_TRUE(scan_instructions(program, std::size(program)).helpers.empty());
  // A damaged end does not lead the scan beyond it.
  EXPECT_TRUE(scan_instructions(program, 1).helpers.empty());
}

TEST(runtime_features_instructions, newer_instructions_are_told) {
  using list = std::vector<kernel_feature>;
  EXPECT_EQ(features_of(code(BPF_JMP | BPF_JLT | BPF_K, 1)), list{kernel_feature::isa_v2});
  EXPECT_EQ(features_of(code(BPF_JMP | BPF_JGT | BPF_K, 1)), list{});
  EXPECT_EQ(features_of(code(BPF_JMP | BPF_JA, -3)), list{});
  EXPECT_EQ(features_of(code(BPF_JMP | BPF_JA, -1)), list{kernel_feature::bounded_loops});
  EXPECT_EQ(features_of(code(BPF_JMP32 | BPF_JEQ | BPF_K, 1)), list{kernel_feature::isa_v3});
  EXPECT_EQ(features_of(code(BPF_JMP32 | BPF_JA, 0, 9)), list{kernel_feature::isa_v4});
  EXPECT_EQ(features_of(code(BPF_ALU64 | BPF_MOV | BPF_X, 8)), list{kernel_feature::isa_v4});
  EXPECT_EQ(features_of(code(BPF_ALU64 | BPF_MOV | BPF_X)), list{});
  EXPECT_EQ(features_of(code(BPF_ALU64 | BPF_DIV | BPF_X, 1)), list{kernel_feature::isa_v4});
  EXPECT_EQ(features_of(code(BPF_ALU64 | BPF_END, 0, 32)), list{kernel_feature::isa_v4});
  EXPECT_EQ(features_of(code(BPF_ALU | BPF_END, 0, 32)), list{});
  EXPECT_EQ(features_of(code(BPF_LDX | 0x80 | BPF_B)), list{kernel_feature::isa_v4});
  EXPECT_EQ(features_of(code(BPF_STX | BPF_ATOMIC | BPF_DW, 0, BPF_ADD)), list{});
  EXPECT_EQ(features_of(code(BPF_STX | BPF_ATOMIC | BPF_DW, 0, BPF_ADD | BPF_FETCH)),
            list{kernel_feature::atomic_operations});
  EXPECT_EQ(features_of(code(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 0x110)),
            list{kernel_feature::load_acquire});
  EXPECT_EQ(features_of(code(BPF_JMP | 0xe0, 1)), list{kernel_feature::may_goto});
  const std::vector<bpf_insn> many(4097, code(BPF_ALU64 | BPF_MOV | BPF_K));
  EXPECT_EQ(scan_instructions(many.data(), many.size()).features,
            list{kernel_feature::large_programs});
}

TEST(runtime_features_instructions, only_what_comes_back_is_a_loop) {
  using list = std::vector<kernel_feature>;
  // Runs in the order 0 -> 3 -> 1 -> 2. The jump backwards makes no loop.
  const bpf_insn backwards[] = {code(BPF_JMP | BPF_JA, 2), code(BPF_ALU64 | BPF_MOV | BPF_K),
                                code(BPF_JMP | BPF_EXIT), code(BPF_JMP | BPF_JA, -3)};
  EXPECT_EQ(scan_instructions(backwards, std::size(backwards)).features, list{});
  const bpf_insn counting[] = {code(BPF_LD | BPF_IMM | BPF_DW), code(0),
                               code(BPF_ALU64 | BPF_ADD | BPF_K, 0, 1),
                               code(BPF_JMP | BPF_JGT | BPF_K, -2), code(BPF_JMP | BPF_EXIT)};
  EXPECT_EQ(scan_instructions(counting, std::size(counting)).features,
            list{kernel_feature::bounded_loops});
  const bpf_insn far[] = {code(BPF_JMP32 | BPF_JA, 0, 1), code(BPF_JMP | BPF_EXIT),
                          code(BPF_JMP32 | BPF_JA, 0, -3)};
  EXPECT_EQ(scan_instructions(far, std::size(far)).features,
            (list{kernel_feature::isa_v4, kernel_feature::bounded_loops}));
}

std::string since(unsigned helper) {
  const auto version = ebpfkit::helper_since(helper);
  return ebpfkit::helper_name(helper) + " " + std::to_string(version.version) + "." +
         std::to_string(version.patchlevel);
}

// The releases are those of the kernel's history. They must stay in step with the helpers' numbers.
TEST(runtime_features_helpers, names_and_releases) {
  EXPECT_EQ(since(BPF_FUNC_map_lookup_elem), "bpf_map_lookup_elem 3.19");
  EXPECT_EQ(since(BPF_FUNC_probe_read), "bpf_probe_read 4.1");
  EXPECT_EQ(since(BPF_FUNC_redirect_map), "bpf_redirect_map 4.14");
  EXPECT_EQ(since(BPF_FUNC_getsockopt), "bpf_getsockopt 4.15");
  EXPECT_EQ(since(BPF_FUNC_fib_lookup), "bpf_fib_lookup 4.18");
  EXPECT_EQ(since(BPF_FUNC_spin_lock), "bpf_spin_lock 5.1");
  EXPECT_EQ(since(BPF_FUNC_send_signal), "bpf_send_signal 5.3");
  EXPECT_EQ(since(BPF_FUNC_probe_read_kernel), "bpf_probe_read_kernel 5.5");
  EXPECT_EQ(since(BPF_FUNC_ringbuf_output), "bpf_ringbuf_output 5.8");
  EXPECT_EQ(since(BPF_FUNC_d_path), "bpf_d_path 5.10");
  EXPECT_EQ(since(BPF_FUNC_ktime_get_coarse_ns), "bpf_ktime_get_coarse_ns 5.11");
  EXPECT_EQ(since(BPF_FUNC_for_each_map_elem), "bpf_for_each_map_elem 5.13");
  EXPECT_EQ(since(BPF_FUNC_get_attach_cookie), "bpf_get_attach_cookie 5.15");
  EXPECT_EQ(since(BPF_FUNC_loop), "bpf_loop 5.17");
  EXPECT_EQ(since(BPF_FUNC_user_ringbuf_drain), "bpf_user_ringbuf_drain 6.1");
  EXPECT_EQ(since(1000), "1000 0.0");
  EXPECT_EQ(since(0), "0 0.0");
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe)
    return text;
  char part[4096];
  for (std::size_t got = 0; (got = fread(part, 1, sizeof(part), pipe)) > 0;)
    text.append(part, got);
  pclose(pipe);
  return text;
}

class runtime_features : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    features_ = std::make_unique<kernel_features>(kernel_features::probe());
  }
  static void TearDownTestSuite() { features_.reset(); }
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root";
  }
  static kernel_features& features() { return *features_; }

 private:
  static std::unique_ptr<kernel_features> features_;
};
std::unique_ptr<kernel_features> runtime_features::features_;

TEST_F(runtime_features, table_has_every_row) {
  const auto rows = features().rows();
  EXPECT_GT(rows.size(), ebpfkit::kernel_feature_count + 32 + 33 - 1);
  const auto text = features().text();
  for (const auto& row : rows) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_NE(text.find("  " + row.name + " "), std::string::npos) << row.name;
    EXPECT_NE(row.since.version, 0) << row.name;
  }
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), rows.size() + 3);
}

TEST_F(runtime_features, rows_and_questions_agree) {
  const auto rows = features().rows();
  const auto find = [&rows](const std::string& group, const std::string& name) {
    return std::find_if(rows.begin(), rows.end(),
                        [&](const auto& row) { return row.group == group && row.name == name; })
        ->state;
  };
  EXPECT_EQ(find("feature", "ring_buffer"), features().has(kernel_feature::ring_buffer));
  EXPECT_EQ(find("feature", "token"), features().has(kernel_feature::token));
  EXPECT_EQ(find("map type", "ringbuf"), features().has_map_type(BPF_MAP_TYPE_RINGBUF));
  EXPECT_EQ(find("program type", "xdp"), features().has_program_type(BPF_PROG_TYPE_XDP));
}

TEST_F(runtime_features, numbers_that_no_kernel_has) {
  if (features().has(kernel_feature::kernel_btf) != support::present)
    GTEST_SKIP() << "the kernel has no BTF, which tells the numbers that it knows";
  EXPECT_EQ(features().has_map_type(200), support::absent);
  EXPECT_EQ(features().has_program_type(200), support::absent);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_XDP, 5000), support::absent);
}

// bpftool reports as present only what it can load, so the kernel must have what bpftool reports.
TEST_F(runtime_features, types_are_those_that_bpftool_finds) {
  const auto text = output_of("bpftool feature probe kernel -j 2>/dev/null");
  if (text.find("\"program_types\"") == std::string::npos)
    GTEST_SKIP() << "no bpftool that probes features";
  int compared = 0;
  for (const auto& row : features().rows()) {
    const std::string group = row.group;
    if (group == "feature")
      continue;
    const auto key =
        "\"have_" + row.name + (group == "map type" ? "_map_type\":" : "_prog_type\":");
    const auto at = text.find(key);
    if (at == std::string::npos)
      continue;
    ++compared;
    const bool found = text.compare(at + key.size(), 4, "true") == 0;
    EXPECT_EQ(found, row.state == support::present) << group << " " << row.name;
  }
  EXPECT_GT(compared, 50);
}

// On new kernels the verifier words its refusal differently, so old versions of bpftool report
// every helper as present. Only the helpers that bpftool does not report are certain.
TEST_F(runtime_features, helpers_are_those_that_bpftool_finds) {
  const auto text = output_of("bpftool feature probe kernel -j 2>/dev/null");
  if (text.find("_available_helpers") == std::string::npos)
    GTEST_SKIP() << "no bpftool that probes features";
  const std::pair<const char*, unsigned> types[] = {{"xdp", BPF_PROG_TYPE_XDP},
                                                    {"sched_cls", BPF_PROG_TYPE_SCHED_CLS},
                                                    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT},
                                                    {"cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB},
                                                    {"lirc_mode2", BPF_PROG_TYPE_LIRC_MODE2}};
  for (const auto& [name, type] : types) {
    const auto begin = text.find("\"" + std::string(name) + "_available_helpers\":[");
    ASSERT_NE(begin, std::string::npos) << name;
    const auto list = text.substr(begin, text.find(']', begin) - begin);
    for (unsigned helper = 1; helper < 212; ++helper) {
      const auto helper_name = ebpfkit::helper_name(helper);
      // bpftool leaves out helpers that make the kernel write a warning.
      if (helper == BPF_FUNC_trace_printk || helper == BPF_FUNC_trace_vprintk ||
          helper == BPF_FUNC_probe_write_user || helper_name.find("bpf_") != 0)
        continue;
      const bool listed = list.find("\"" + helper_name + "\"") != std::string::npos;
      const auto state = features().has_helper(type, helper);
      EXPECT_FALSE(state == support::present && !listed) << name << " " << helper_name;
    }
  }
}

// Checks helpers that Linux 5.8 and all later versions have, and helpers that programs of these
// types could never call.
TEST_F(runtime_features, helpers_of_program_types) {
  if (features().has(kernel_feature::ring_buffer) != support::present)
    GTEST_SKIP() << "a kernel before 5.8";
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_redirect_map), support::present);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_ringbuf_output), support::present);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_redirect_map),
            support::absent);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_skb_pull_data), support::absent);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_FUNC_bind,
                                  BPF_CGROUP_INET4_CONNECT),
            support::present);
  EXPECT_EQ(
      features().has_helper(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_FUNC_bind, BPF_CGROUP_INET4_BIND),
      support::absent);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_TRACING, 5000), support::absent);
  EXPECT_EQ(features().has_helper(BPF_PROG_TYPE_TRACING, BPF_FUNC_map_lookup_elem),
            support::unknown);
}

struct object_closer {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using object_owner = std::unique_ptr<bpf_object, object_closer>;

object_owner open_program(const std::string& source) {
  const auto image = ebpfkit::test::compile(source);
  return object_owner(image.empty() ? nullptr
                                    : bpf_object__open_mem(image.data(), image.size(), nullptr));
}

int ignore_print(libbpf_print_level, const char*, va_list) {
  return 0;
}

class runtime_features_of_objects : public runtime_features {
 protected:
  void SetUp() override {
    if (!ebpfkit::test::have_compiler())
      GTEST_SKIP() << "no clang";
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root";
    ASSERT_TRUE(ebpfkit::test::have_tracefs());
    libbpf_set_print(ignore_print);
  }
  void TearDown() override { libbpf_set_print(nullptr); }

  needs missing(const object_owner& object) { return features().missing_for(object.get()); }
};

std::string messages(const needs& list) {
  std::string text;
  for (const auto& need : list)
    text += need.message() + "\n";
  return text;
}

constexpr const char* good_program = R"(
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32);
         __type(value, __u64); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
const volatile int wanted = 1;
int seen;
SEC("tp/syscalls/sys_enter_getpgid") int on_getpgid(void *context) {
  __u32 key = bpf_get_current_pid_tgid() >> 32;
  __u64 one = 1;
  bpf_map_update_elem(&counts, &key, &one, 0);
  bpf_ringbuf_output(&events, &key, sizeof(key), 0);
  __sync_fetch_and_add(&seen, wanted);
  return 0;
})";

TEST_F(runtime_features_of_objects, nothing_is_missing_for_what_loads) {
  if (features().has(kernel_feature::ring_buffer) != support::present)
    GTEST_SKIP() << "a kernel before 5.8";
  const auto object = open_program(good_program);
  ASSERT_TRUE(object);
  EXPECT_EQ(messages(missing(object)), "");
  const auto all = features().needs_of(object.get());
  const auto text = messages(all);
  for (const char* part :
       {"program 'on_getpgid' needs program type tracepoint (since Linux 4.7), which this kernel "
        "has.",
        "program 'on_getpgid' needs helper bpf_ringbuf_output (since Linux 5.8)",
        "map 'events' needs map type ringbuf (since Linux 5.8)", "map 'counts' needs map type hash",
        "global_data", "tracepoint syscalls/sys_enter_getpgid, which this kernel has",
        "btf_datasec"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, programs_that_are_not_loaded_need_nothing) {
  const auto object = open_program(R"(
static long (*no_such_helper)(void) = (void *)5000;
SEC("?xdp") int lost(void *context) { return no_such_helper(); })");
  ASSERT_TRUE(object);
  EXPECT_EQ(messages(missing(object)), "");
}

TEST_F(runtime_features_of_objects, helper_that_no_kernel_has) {
  const auto object = open_program(R"(
static long (*no_such_helper)(void) = (void *)5000;
SEC("xdp") int fine(void *context) { return 2; }
SEC("xdp") int lost(void *context) { return no_such_helper(); })");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_EQ(found.size(), 1U) << messages(found);
  EXPECT_EQ(found[0].user, "program 'lost'");
  EXPECT_EQ(found[0].what, "helper 5000");
  EXPECT_EQ(found[0].effect, missing_effect::load);
  EXPECT_NE(found[0].remedy.find("set_autoload(false)"), std::string::npos);
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, helper_that_the_program_type_may_not_call) {
  const auto object = open_program(R"(
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32);
         __type(value, __u64); } counts SEC(".maps");
SEC("tp/syscalls/sys_enter_getpgid") int astray(void *context) {
  return bpf_redirect_map(&counts, 0, 0);
})");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_EQ(found.size(), 1U) << messages(found);
  EXPECT_EQ(found[0].what, "helper bpf_redirect_map");
  EXPECT_NE(found[0].message().find("not for programs of type tracepoint"), std::string::npos);
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, map_type_that_no_kernel_has) {
  if (features().has(kernel_feature::kernel_btf) != support::present)
    GTEST_SKIP() << "the kernel has no BTF, which tells the numbers that it knows";
  const auto object = open_program(R"(
struct { __uint(type, 200); __uint(max_entries, 8); __type(key, __u32); __type(value, __u64); }
  future SEC(".maps");
SEC("xdp") int fine(void *context) { return 2; })");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_EQ(found.size(), 1U) << messages(found);
  EXPECT_EQ(found[0].user, "map 'future'");
  EXPECT_EQ(found[0].what, "map type 200");
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, map_flags_that_the_type_cannot_have) {
  const auto object = open_program(R"(
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32);
         __type(value, __u64); __uint(map_flags, 1 << 10); } mapped SEC(".maps");
SEC("xdp") int fine(void *context) { return 2; })");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_EQ(found.size(), 1U) << messages(found);
  EXPECT_EQ(found[0].what, "map flags 0x400 of type hash");
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, program_type_of_another_configuration) {
  if (features().has_program_type(BPF_PROG_TYPE_LIRC_MODE2) != support::absent)
    GTEST_SKIP() << "the kernel has CONFIG_BPF_LIRC_MODE2";
  const auto object = open_program(R"(SEC("lirc_mode2") int remote(void *context) { return 0; })");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_GE(found.size(), 1U);
  EXPECT_EQ(
      found[0].message(),
      "program 'remote' needs program type lirc_mode2 (since Linux 4.18), which this kernel "
      "lacks: the object cannot be loaded. It takes a kernel with CONFIG_BPF_LIRC_MODE2. Or do "
      "without the program: set_autoload(false).");
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, link_of_another_configuration) {
  if (features().has(kernel_feature::kprobe_multi_link) != support::absent)
    GTEST_SKIP() << "the kernel has CONFIG_FPROBE";
  const auto object =
      open_program(R"(SEC("kprobe.multi/vfs_read") int on_read(void *context) { return 0; })");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_EQ(found.size(), 1U) << messages(found);
  EXPECT_EQ(found[0].user, "program 'on_read'");
  EXPECT_EQ(found[0].what, "kprobe_multi_link (kprobe.multi)");
  EXPECT_EQ(found[0].effect, missing_effect::attach);
  EXPECT_NE(found[0].remedy.find("CONFIG_FPROBE"), std::string::npos);
  ASSERT_EQ(bpf_object__load(object.get()), 0);
  EXPECT_EQ(bpf_program__attach(bpf_object__find_program_by_name(object.get(), "on_read")),
            nullptr);
}

TEST_F(runtime_features_of_objects, tracepoint_that_is_not_there) {
  const auto object = open_program(
      R"(SEC("tp/syscalls/sys_enter_does_not_exist") int nowhere(void *context) { return 0; })");
  ASSERT_TRUE(object);
  const auto found = missing(object);
  ASSERT_EQ(found.size(), 1U) << messages(found);
  EXPECT_EQ(found[0].what, "tracepoint syscalls/sys_enter_does_not_exist");
  EXPECT_EQ(found[0].effect, missing_effect::attach);
  ASSERT_EQ(bpf_object__load(object.get()), 0);
  EXPECT_EQ(bpf_program__attach(bpf_object__find_program_by_name(object.get(), "nowhere")),
            nullptr);
}

TEST_F(runtime_features_of_objects, function_that_is_not_in_the_kernels_btf) {
  if (features().has(kernel_feature::kernel_btf) != support::present)
    GTEST_SKIP() << "the kernel has no BTF";
  const auto object = open_program(R"(
SEC("fentry/do_unlinkat") int there(void *context) { return 0; }
SEC("fentry/no_such_function") int nowhere(void *context) { return 0; })");
  ASSERT_TRUE(object);
  const auto text = messages(features().needs_of(object.get()));
  EXPECT_NE(
      text.find("program 'there' needs 'do_unlinkat' in the kernel's BTF, which this kernel has."),
      std::string::npos)
      << text;
  // A module may still have the function.
  EXPECT_EQ(text.find("program 'nowhere' needs 'no_such_function' in the kernel's BTF, which this "
                      "kernel has."),
            std::string::npos);
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

TEST_F(runtime_features_of_objects, sleepable_only_helpers_are_not_taken_for_missing) {
  if (features().has_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_copy_from_user, 0, BPF_F_SLEEPABLE) !=
      support::present)
    GTEST_SKIP() << "a kernel without sleepable uprobes";
  const auto object = open_program(R"(
SEC("uprobe.s") int asleep(void *context) {
  char text[8];
  bpf_copy_from_user(text, sizeof(text), context);
  return text[0];
})");
  ASSERT_TRUE(object);
  EXPECT_EQ(messages(missing(object)), "");
}

// A process without rights learns little. It must not take that for absence.
TEST_F(runtime_features_of_objects, without_rights_nothing_is_said_to_be_missing) {
  const auto object = open_program(R"(
static long (*no_such_helper)(void) = (void *)5000;
SEC("xdp") int lost(void *context) { return no_such_helper(); })");
  ASSERT_TRUE(object);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0)
      _exit(3);
    auto found = kernel_features::probe();
    for (const auto& row : found.rows())
      if (row.state == support::absent && row.name != "kernel_btf" && row.name != "bpf_syscall")
        _exit(1);
    if (found.has(kernel_feature::xdp_link) != support::unknown ||
        found.why_unknown(kernel_feature::xdp_link) != EPERM)
      _exit(2);
    _exit(found.missing_for(object.get()).empty() ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Gives up all rights except CAP_BPF.
bool keep_only_cap_bpf() {
  constexpr unsigned cap_bpf = 39;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[1].effective = data[1].permitted = 1U << (cap_bpf - 32);
  return syscall(SYS_capset, &header, data) == 0;
}

// With CAP_BPF alone, the kernel refuses helpers and program types with the words for those that it
// does not have.
TEST_F(runtime_features, with_some_rights_nothing_is_said_to_be_missing) {
  if (!ebpfkit::detail::if_older_than({5, 8}, "").empty())
    GTEST_SKIP() << "CAP_BPF is from Linux 5.8";
  const pid_t child = fork();
  if (child == 0) {
    if (!keep_only_cap_bpf())
      _exit(2);
    auto found = kernel_features::probe();
    for (const auto& row : found.rows()) {
      if (row.state == support::absent && row.name != "kernel_btf" && row.name != "bpf_syscall") {
        fprintf(stderr, "%s is absent\n", row.name.c_str());
        _exit(1);
      }
    }
    // Needs CAP_PERFMON.
    if (found.has_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_probe_read_kernel) !=
        support::unknown)
      _exit(3);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(runtime_features, refused_probe_of_a_helper_tells_nothing) {
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0)
      _exit(2);
    const auto found =
        ebpfkit::detail::probe_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_map_lookup_elem, 0, 0);
    _exit(found.state == support::unknown && found.code == EPERM ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(runtime_features_answers, only_some_errors_tell_that_something_is_absent) {
  for (const int code : {EINVAL, E2BIG, ENOSYS, EOPNOTSUPP, 524}) {
    EXPECT_EQ(ebpfkit::detail::answer_of(code).state, support::absent) << code;
    EXPECT_EQ(ebpfkit::detail::answer_of(code).code, 0) << code;
  }
  for (const int code : {EPERM, EACCES, ENOMEM, EMFILE, ENFILE, EAGAIN, EINTR, EBUSY, ENOENT}) {
    EXPECT_EQ(ebpfkit::detail::answer_of(code).state, support::unknown) << code;
    EXPECT_EQ(ebpfkit::detail::answer_of(code).code, code) << code;
  }
  EXPECT_EQ(ebpfkit::detail::answer_of(0).state, support::present);
}

}  // namespace
