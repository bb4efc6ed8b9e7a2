// The members of struct_ops maps before load(). What they do in the kernel is tested by
// tests/programs, in a machine.
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "ebpfkit/alternatives.hpp"
#include "ebpfkit/map_declaration.hpp"
#include "ebpfkit/object_view.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/struct_ops_map.hpp"
#include "runtime_support.hpp"

namespace {

using ebpfkit::struct_ops_callback;
using ebpfkit::struct_ops_map;
using testing::HasSubstr;

constexpr const char* control_source = R"(
struct sock;
struct tcp_congestion_ops {
  __u32 (*ssthresh)(struct sock *sk);
  void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock *sk);
  __u32 flags;
  char name[20];
};
SEC("struct_ops/threshold") __u32 threshold(__u64 *context) { return 2; }
SEC("struct_ops/avoid") void avoid(__u64 *context) {}
SEC("raw_tp/sys_enter") int watch(void *context) { return 0; }
SEC("struct_ops/avoid") void avoid_less(__u64 *context) {}
struct { __uint(type, 2); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
    counts SEC(".maps");
SEC(".struct_ops") struct tcp_congestion_ops control = {
  .ssthresh = (void *)threshold, .cong_avoid = (void *)avoid, .flags = 1, .name = "declared" };)";

// As a skeleton writes it.
struct operations {
  struct_ops_callback ssthresh;
  struct_ops_callback cong_avoid;
  struct_ops_callback undo_cwnd;
  std::uint32_t flags;
  char name[20];
};

class runtime_struct_ops_fields : public ebpfkit::test::opened_object_test {
 protected:
  void SetUp() override {
    opened_object_test::SetUp();
    open(control_source, "control");
  }

  template <class T>
  ebpfkit::result<T*> fields() const {
    return object_->find_map<struct_ops_map<T>>("control").value().fields();
  }

  static bool libbpf_shows_fields() {
    return libbpf_major_version() > 1 || libbpf_minor_version() >= 4;
  }
};

TEST_F(runtime_struct_ops_fields, can_be_changed) {
  const auto fields = this->fields<operations>();
  if (!libbpf_shows_fields()) {
    ASSERT_FALSE(fields);
    EXPECT_EQ(fields.error().code, EOPNOTSUPP);
    EXPECT_THAT(fields.error().message(), HasSubstr("cannot change the members of map 'control'"));
    EXPECT_THAT(fields.error().remedy, HasSubstr("needs libbpf 1.4; this is 1."));
    return;
  }
  ASSERT_TRUE(fields) << fields.error().message();
  auto& control = **fields;
  EXPECT_STREQ(control.name, "declared");
  EXPECT_EQ(control.flags, 1U);
  ASSERT_TRUE(control.cong_avoid);
  EXPECT_STREQ(control.cong_avoid.implementation()->name(), "avoid");
  EXPECT_FALSE(control.undo_cwnd);
  control.flags = 5;
  control.ssthresh = nullptr;
  control.cong_avoid = object_->find_program("avoid_less").value();
  const auto& again = **this->fields<operations>();
  EXPECT_EQ(again.flags, 5U);
  EXPECT_FALSE(again.ssthresh);
  EXPECT_FALSE(again.ssthresh.implementation());
  EXPECT_STREQ(again.cong_avoid.implementation()->name(), "avoid_less");
  const auto other = this->fields<std::uint64_t>();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EINVAL);
  EXPECT_THAT(other.error().remedy, HasSubstr("has 48 bytes, that of the class has 8"));
}

TEST_F(runtime_struct_ops_fields, other_maps_have_none) {
  EXPECT_FALSE(object_->find_map<struct_ops_map<operations>>("counts"));
  const auto counts = object_->find_map("counts").value();
  const auto refused = struct_ops_map<operations>(counts.get()).fields();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_THAT(refused.error().remedy, HasSubstr("no struct_ops map"));
}

// libbpf before 1.4 crashed here: runtime/object/unmade_struct_ops.hpp. This kernel's struct has a
// `name` of another size, so a libbpf that looks at the map refuses it.
TEST_F(runtime_struct_ops_fields, are_fixed_after_load) {
  const auto control = object_->find_map("control").value();
  ebpfkit::map_declaration(control).set_autocreate(false).value();
  const auto loaded = object_->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_LT(object_->find_program("avoid").value().fd(), 0);
  EXPECT_FALSE(object_->find_program("avoid").value().autoload());
  EXPECT_EQ(bpf_map__type(control.get()), BPF_MAP_TYPE_STRUCT_OPS);
  const auto attached = ebpfkit::attach_struct_ops(control);
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().code, EINVAL);
  const auto late = fields<operations>();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, EBUSY);
  EXPECT_THAT(late.error().remedy, HasSubstr("before load()"));
}

// libbpf 1.4 loads the programs of a map that is made, so the kernel refuses this map.
TEST_F(runtime_struct_ops_fields, need_a_program_that_is_loaded) {
  for (auto program : ebpfkit::object_view(*object_).programs())
    program.set_autoload(false).value();
  const auto refused = object_->load();
  ASSERT_FALSE(refused);
  if (libbpf_shows_fields())
    return;
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_THAT(refused.error().message(), HasSubstr("cannot load map 'control'"));
  EXPECT_THAT(refused.error().remedy, HasSubstr("No struct_ops program is to be loaded"));
  // The object can be mended.
  ebpfkit::map_declaration(object_->find_map("control").value()).set_autocreate(false).value();
  const auto loaded = object_->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
}

// A group tries each program in a copy of the object, in which no struct_ops map is made.
TEST_F(runtime_struct_ops_fields, do_not_disturb_groups) {
  const auto watch = object_->find_program("watch").value();
  const auto choice = ebpfkit::one_of(*object_, {watch});
  ASSERT_TRUE(choice) << choice.error().message();
  EXPECT_EQ(choice->taken(), "watch");
}

}  // namespace
