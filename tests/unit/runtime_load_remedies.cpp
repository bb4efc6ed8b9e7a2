// What to do when an object does not load: the runtime asks the kernel instead of guessing.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <string>

#include "ebpfkit/object.hpp"
#include "errors/diagnosis.hpp"
#include "object/load_remedy.hpp"
#include "runtime_support.hpp"
#include "system/section_names.hpp"

namespace {

using ebpfkit::detail::better_section;
using ebpfkit::detail::diagnose;
using ebpfkit::detail::operation;
using ebpfkit::detail::refused_btf_text;
using testing::HasSubstr;
using testing::Not;

constexpr const char* known_sections =
    " socket kprobe+ uprobe+ tc classifier tracepoint+ tp+ raw_tracepoint+ raw_tp+ tp_btf+ fentry+ "
    "fexit+ xdp.frags/devmap xdp/devmap xdp cgroup_skb/ingress cgroup/connect4 lsm+ iter+";

TEST(runtime_load_remedies, better_section) {
  EXPECT_EQ(better_section("xdp_pass", known_sections), "xdp");
  EXPECT_EQ(better_section("xpd", known_sections), "xdp");
  EXPECT_EQ(better_section("kpobe/do_unlinkat", known_sections), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("kprobe_do_unlinkat", known_sections), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("tracepoints/sched/x", known_sections), "tracepoint/sched/x");
  EXPECT_EQ(better_section("cgroup/conect4", known_sections), "cgroup/connect4");
  EXPECT_EQ(better_section("something/else", known_sections), "");
  for (const auto* text : {"", "/", "//", "+"})
    better_section(text, known_sections);
  EXPECT_EQ(better_section("xdp", ""), "");
  EXPECT_EQ(better_section("xdp", " + \n"), "");
  better_section(std::string(300, 'x'), std::string(300, 'x') + " " + std::string(300, 'y'));
}

std::string remedy_of_log(operation failed, int code, const std::string& log) {
  return diagnose(failed, "object 'x'", code, log).remedy;
}

TEST(runtime_load_remedies, errno_alone_does_not_tell_the_age_of_the_kernel) {
  EXPECT_THAT(remedy_of_log(operation::load, EINVAL, "libbpf: prog 'x': failed to load: -22\n"),
              Not(HasSubstr("too old")));
}

TEST(runtime_load_remedies, pointer_arithmetic_that_the_verifier_cannot_follow) {
  EXPECT_THAT(
      remedy_of_log(operation::load, EACCES,
                    "libbpf: prog 'x': BPF program load failed: Permission denied\n"
                    "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n9: (0f) r2 += r1\n"
                    "math between map_value pointer and register with unbounded min value is not "
                    "allowed\nprocessed 10 insns (limit 1000000)\n-- END PROG LOAD LOG --\n"),
      HasSubstr("try MCPU v2"));
}

TEST(runtime_load_remedies, usdt_without_a_process_on_old_kernels) {
  EXPECT_THAT(
      remedy_of_log(operation::attach, EOPNOTSUPP,
                    "libbpf: usdt: attaching to shared libraries without specific PID is not "
                    "supported on current kernel\n"),
      HasSubstr("usdt_options::process"));
}

TEST(runtime_load_remedies, refused_btf) {
  const std::string begin = "libbpf: BTF loading error: -22\nlibbpf: -- BEGIN BTF LOAD LOG ---\n";
  const std::string end = "\n-- END BTF LOAD LOG --\nlibbpf: Error loading .BTF into kernel: ";
  const std::string optional = "-22. BTF is optional, ignoring.\n";
  EXPECT_EQ(refused_btf_text(begin + "[1] INT int size=4\n[2] DATASEC .bss size=8 vlen=2\n" +
                             "\t type_id=4 offset=0 size=4\n\t type_id=3 offset=4 size=1 " +
                             "Invalid size\n" + end + optional),
            "The kernel refused the object's BTF (-22), and libbpf went on without BTF. The kernel "
            "says: [2] DATASEC .bss size=8 vlen=2: type_id=3 offset=4 size=1 Invalid size");
  EXPECT_EQ(refused_btf_text(begin + "[7] FWD  struct Invalid name\n" + end +
                             "-EINVAL. BTF is mandatory, can't proceed.\n"),
            "The kernel refused the object's BTF (-EINVAL). The kernel says: [7] FWD  struct "
            "Invalid name");
  EXPECT_EQ(refused_btf_text("libbpf: Error loading .BTF into kernel: " + optional),
            "The kernel refused the object's BTF (-22), and libbpf went on without BTF.");
  EXPECT_EQ(refused_btf_text("libbpf: prog 'x': failed to load: -22\n"), "");
}

TEST(runtime_load_remedies, damaged_logs_of_refused_btf) {
  const std::string end = "libbpf: Error loading .BTF into kernel: ";
  for (const auto* log : {"", "\n", "\n\n\n", "\t", "\t item", "\n\t item", "\n\n \n\t item\n \n",
                          "-- END BTF LOAD LOG --"})
    EXPECT_THAT(refused_btf_text(std::string("-- BEGIN BTF LOAD LOG ---\n") + log + end),
                HasSubstr("The kernel refused"));
}

class runtime_load_on_the_kernel : public ebpfkit::test::kernel_test {
 protected:
  ebpfkit::error error_of(const std::string& source, const char* map, const char* program) {
    const auto image = ebpfkit::test::compile(source);
    const ebpfkit::object_description description{
        "test", image.data(), image.size(), &map, map ? 1U : 0U, nullptr, 0, &program, 1};
    auto opened = ebpfkit::object::open(description, nullptr);
    if (!opened)
      return opened.error();
    const auto loaded = opened->load();
    EXPECT_FALSE(loaded);
    return loaded ? ebpfkit::error() : loaded.error();
  }
};

TEST_F(runtime_load_on_the_kernel, unknown_section) {
  const auto error =
      error_of("SEC(\"xdp_pass\") int pass(void *context) { return 2; }", nullptr, "pass");
  EXPECT_THAT(error.remedy, HasSubstr("libbpf knows no section 'xdp_pass'; the nearest is 'xdp'"));
}

TEST_F(runtime_load_on_the_kernel, map_that_the_kernel_refuses) {
  const auto error = error_of(R"(
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __uint(key_size, 8); __uint(value_size, 8); } numbers SEC(".maps");
SEC("raw_tp/sched_process_exec") int fine(void *context) {
  __u64 key = 0;
  return bpf_map_lookup_elem(&numbers, &key) != 0;
})",
                              "numbers", "fine");
  EXPECT_EQ(error.object, "map 'numbers'");
  EXPECT_THAT(error.remedy, HasSubstr("The running kernel has maps of the type array: it refuses "
                                      "the key size (8), the value size (8), max_entries (1)"));
}

// clang makes `seen` one byte large, but its BTF still says that it is an int. The verifier's log
// only tells that the map has no BTF.
TEST_F(runtime_load_on_the_kernel, btf_that_the_kernel_refuses) {
  const auto error = error_of(R"(
struct bpf_spin_lock { __u32 val; };
struct guarded { struct bpf_spin_lock lock; int count; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
         __type(key, __u32); __type(value, struct guarded); } counts SEC(".maps");
struct __sk_buff { __u32 len; };
static int seen; int sum;
SEC("tc") int count(struct __sk_buff *packet) {
  __u32 key = 0;
  if (packet->len == 60) seen = 500;
  sum += seen;
  struct guarded *value = bpf_map_lookup_elem(&counts, &key);
  if (value) { bpf_spin_lock(&value->lock); value->count++; bpf_spin_unlock(&value->lock); }
  return 0;
})",
                              "counts", "count");
  EXPECT_THAT(error.message(), HasSubstr("has to have BTF"));
  EXPECT_THAT(error.message(), HasSubstr("The kernel refused the object's BTF ("));
  EXPECT_THAT(error.message(), HasSubstr("DATASEC .bss"));
  EXPECT_THAT(error.message(), HasSubstr("Invalid size"));
}

// A file with BTF cannot replace the kernel's own.
TEST_F(runtime_load_on_the_kernel, kernel_without_btf) {
  const ebpfkit::test::own_mount own("tmpfs");
  ASSERT_EQ(mount("none", "/sys/kernel/btf", "tmpfs", 0, nullptr), 0);
  const auto error =
      error_of("SEC(\"iter/task\") int each(void *context) { return 0; }", nullptr, "each");
  ASSERT_EQ(umount2("/sys/kernel/btf", MNT_DETACH), 0);
  EXPECT_THAT(error.remedy,
              HasSubstr("program 'each' (SEC(\"iter/task\")) needs the kernel's own"));
  EXPECT_THAT(error.remedy, Not(HasSubstr("btf_custom_path")));
}

}  // namespace
