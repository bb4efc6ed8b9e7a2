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

namespace {

using ebpfkit::detail::diagnose;
using ebpfkit::detail::nearest_section;
using ebpfkit::detail::operation;
using testing::HasSubstr;
using testing::Not;

constexpr const char* known_sections =
    " socket kprobe+ uprobe+ tc classifier tracepoint+ tp+ raw_tracepoint+ raw_tp+ tp_btf+ fentry+ "
    "fexit+ xdp.frags/devmap xdp/devmap xdp cgroup_skb/ingress cgroup/connect4 lsm+ iter+";

TEST(runtime_load_remedies, nearest_section) {
  EXPECT_EQ(nearest_section("xdp_pass", known_sections), "xdp");
  EXPECT_EQ(nearest_section("xpd", known_sections), "xdp");
  EXPECT_EQ(nearest_section("kpobe/do_unlinkat", known_sections), "kprobe");
  EXPECT_EQ(nearest_section("kprobe_do_unlinkat", known_sections), "kprobe");
  EXPECT_EQ(nearest_section("tracepoints/sched/x", known_sections), "tracepoint");
  EXPECT_EQ(nearest_section("cgroup/conect4", known_sections), "cgroup/connect4");
  EXPECT_EQ(nearest_section("something/else", known_sections), "");
  for (const auto* text : {"", "/", "//", "+"})
    nearest_section(text, known_sections);
  EXPECT_EQ(nearest_section("xdp", ""), "");
  EXPECT_EQ(nearest_section("xdp", " + \n"), "");
  nearest_section(std::string(300, 'x'), std::string(300, 'x') + " " + std::string(300, 'y'));
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
