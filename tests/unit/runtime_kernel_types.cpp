// What types and functions the running kernel has.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "ebpfkit/kernel_types.hpp"

namespace {

using ebpfkit::kernel_types;
using testing::HasSubstr;

class runtime_kernel_types : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
      GTEST_SKIP() << "the running kernel has no BTF";
    auto opened = kernel_types::open();
    ASSERT_TRUE(opened) << opened.error().message();
    types_.emplace(*std::move(opened));
  }

  std::optional<kernel_types> types_;
};

TEST_F(runtime_kernel_types, sizes_and_members) {
  EXPECT_TRUE(types_->has_type("task_struct"));
  EXPECT_FALSE(types_->has_type("no_such_struct"));
  EXPECT_EQ(types_->size_of("bpf_insn"), sizeof(bpf_insn));
  EXPECT_EQ(types_->size_of("__u64"), 8U);
  EXPECT_FALSE(types_->size_of("no_such_struct"));
  const auto immediate = types_->find_member("bpf_insn", "imm");
  ASSERT_TRUE(immediate);
  EXPECT_EQ(immediate->offset(), offsetof(bpf_insn, imm));
  EXPECT_EQ(immediate->size, 4U);
  EXPECT_EQ(immediate->bitfield_size, 0U);
  const auto source = types_->find_member("bpf_insn", "src_reg");
  ASSERT_TRUE(source);
  EXPECT_EQ(source->bitfield_size, 4U);
  EXPECT_FALSE(types_->find_member("bpf_insn", "no_such_member"));
  EXPECT_FALSE(types_->find_member("no_such_struct", "imm"));
  EXPECT_FALSE(types_->find_member("__u64", "imm"));
}

TEST_F(runtime_kernel_types, members_in_members) {
  // An anonymous struct of union bpf_attr.
  const auto entries = types_->find_member("bpf_attr", "max_entries");
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->offset(), offsetof(bpf_attr, max_entries));
  const auto repeat = types_->find_member("bpf_attr", "test.repeat");
  ASSERT_TRUE(repeat);
  EXPECT_EQ(repeat->offset(), offsetof(bpf_attr, test.repeat));
  EXPECT_FALSE(types_->find_member("bpf_attr", "test."));
  EXPECT_FALSE(types_->find_member("bpf_attr", ".repeat"));
  EXPECT_FALSE(types_->find_member("bpf_attr", "repeat"));
  EXPECT_FALSE(types_->find_member("bpf_attr", ""));
}

TEST_F(runtime_kernel_types, enumerators_and_functions) {
  EXPECT_EQ(types_->enumerator("BPF_MAP_TYPE_RINGBUF"), BPF_MAP_TYPE_RINGBUF);
  EXPECT_EQ(types_->enumerator("BPF_MAP_TYPE_UNSPEC"), 0);
  EXPECT_FALSE(types_->enumerator("NO_SUCH_ENUMERATOR"));
  EXPECT_TRUE(types_->has_function("bpf_prog_load") || types_->has_function("vfs_read"));
  EXPECT_FALSE(types_->has_function("no_such_function"));
  EXPECT_EQ(types_->kfunc("no_such_function"), ebpfkit::support::absent);
  EXPECT_NE(types_->kfunc("vfs_read"), ebpfkit::support::present);
  if (types_->has_function("bpf_task_acquire")) {
    EXPECT_NE(types_->kfunc("bpf_task_acquire"), ebpfkit::support::absent);
  }
}

TEST_F(runtime_kernel_types, modules) {
  const auto nowhere = kernel_types::open_module("no_such_module");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENOENT);
  EXPECT_THAT(nowhere.error().message(), HasSubstr("BTF of module 'no_such_module'"));
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("not loaded"));
  EXPECT_EQ(kernel_types::open_module("../vmlinux").error().code, EINVAL);
}

}  // namespace
