#include <gtest/gtest.h>

#include <string>

#include "object/section_names.hpp"

namespace ebpfkit::host::test {
namespace {

TEST(object_section_names, known_names_need_no_better_one) {
  for (const auto* section :
       {"xdp", "xdp/devmap", "kprobe", "kprobe/do_unlinkat", "uprobe//bin/sh:main", "tp/sched/x",
        "kprobe.multi/vfs_*", "tcx/ingress", "fsession.s/do_unlinkat", "struct_ops/init"})
    EXPECT_EQ(better_section(section), "") << section;
}

TEST(object_section_names, names_that_are_like_no_other_are_left_to_the_application) {
  for (const auto* section : {"", ".text", "something/else", "entry_point", "/", "//"})
    EXPECT_EQ(better_section(section), "") << section;
}

TEST(object_section_names, the_nearest_name_keeps_what_follows) {
  EXPECT_EQ(better_section("xdp_pass"), "xdp");
  EXPECT_EQ(better_section("xpd"), "xdp");
  EXPECT_EQ(better_section("XDP"), "xdp");
  EXPECT_EQ(better_section("kprobe__do_unlinkat"), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("kpobe/do_unlinkat"), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("kprobe_do_unlinkat"), "kprobe/do_unlinkat");
  EXPECT_EQ(better_section("tracepoints/sched/sched_switch"), "tracepoint/sched/sched_switch");
  EXPECT_EQ(better_section("cgroup/conect4"), "cgroup/connect4");
  EXPECT_EQ(better_section("socket_filter"), "socket");
}

}  // namespace
}  // namespace ebpfkit::host::test
