// Groups of programs of which the running kernel takes one, all, or as many as possible.
#include "ebpfkit/alternatives.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/map_declaration.hpp"
#include "runtime_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using ebpfkit::group_outcome;
using testing::HasSubstr;

// `conditional` loads only if the application has set `limit`: the verifier knows the value of
// .rodata.
constexpr const char* alternatives_source = R"(
const volatile __u32 limit = 64;
__u64 array[16];
__u64 seen;
SEC("?raw_tp/sys_enter") int good(void *context) { seen++; return 0; }
SEC("?raw_tp/sys_exit") int good_too(void *context) { return 0; }
SEC("?raw_tp/sys_enter") int conditional(void *context) {
  if (limit > 16)
    return *(volatile __u32 *)0;
  return 0;
}
SEC("?raw_tp/sys_enter") int careless(void *context) { return *(volatile __u32 *)0; }
SEC("?raw_tp/no_such_tracepoint") int unattachable(void *context) { return 0; }
SEC("?tp/no_such/tracepoint") int nowhere(void *context) { return 0; }
)";

class runtime_alternatives : public opened_object_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    open(alternatives_source, "groups");
  }

  std::vector<ebpfkit::program> programs(const std::vector<const char*>& names) const {
    std::vector<ebpfkit::program> found;
    for (const char* name : names)
      found.push_back(object_->find_program(name).value());
    return found;
  }
  bool is_loaded(const char* name) const { return object_->find_program(name).value().fd() >= 0; }
};

std::vector<group_outcome> outcomes(const ebpfkit::group_choice& choice) {
  std::vector<group_outcome> found;
  for (const auto& member : choice.members)
    found.push_back(member.outcome);
  return found;
}

TEST_F(runtime_alternatives, one_of_takes_the_first_that_works) {
  const auto choice = ebpfkit::one_of(
      *object_, programs({"nowhere", "careless", "unattachable", "good", "good_too"}));
  ASSERT_TRUE(choice) << choice.error().message();
  EXPECT_EQ(choice->taken(), "good");
  EXPECT_EQ(outcomes(*choice),
            (std::vector<group_outcome>{group_outcome::lacks, group_outcome::load_refused,
                                        group_outcome::attach_refused, group_outcome::taken,
                                        group_outcome::not_needed}));
  EXPECT_THAT(choice->members[0].failure.remedy, HasSubstr("tracepoint no_such/tracepoint"));
  EXPECT_EQ(choice->members[1].failure.object, "program 'careless'");
  EXPECT_FALSE(choice->members[1].failure.verifier_cause.empty());
  EXPECT_EQ(choice->members[2].failure.code, ENOENT);
  EXPECT_EQ(choice->members[3].failure.code, 0);
  const auto text = choice->text();
  EXPECT_THAT(text, HasSubstr("careless: refused at load: cannot load program 'careless'"));
  EXPECT_THAT(text, HasSubstr("\ngood: taken\ngood_too: not needed\n"));
  // The rest is done as ever.
  const auto loaded = object_->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_TRUE(is_loaded("good"));
  for (const char* name : {"nowhere", "careless", "unattachable", "good_too"})
    EXPECT_FALSE(is_loaded(name)) << name;
  const auto attached = object_->attach();
  ASSERT_TRUE(attached) << attached.error().message();
  const auto before = *object_->global<volatile std::uint64_t>("seen").value();
  syscall(SYS_getppid);
  EXPECT_GT(*object_->global<volatile std::uint64_t>("seen").value(), before);
}

TEST_F(runtime_alternatives, one_of_without_a_program_that_works_is_an_error) {
  const auto choice = ebpfkit::one_of(*object_, programs({"nowhere", "careless"}));
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code, EOPNOTSUPP);
  EXPECT_THAT(choice.error().remedy, HasSubstr("nowhere: lacks a feature of the kernel: "));
  EXPECT_THAT(choice.error().remedy, HasSubstr("careless: refused at load: "));
}

TEST_F(runtime_alternatives, best_effort_takes_what_works) {
  const auto choice =
      ebpfkit::best_effort(*object_, programs({"good", "careless", "good_too", "nowhere"}));
  ASSERT_TRUE(choice) << choice.error().message();
  EXPECT_EQ(outcomes(*choice),
            (std::vector<group_outcome>{group_outcome::taken, group_outcome::load_refused,
                                        group_outcome::taken, group_outcome::lacks}));
  ASSERT_TRUE(object_->load());
  EXPECT_TRUE(is_loaded("good"));
  EXPECT_TRUE(is_loaded("good_too"));
  EXPECT_FALSE(is_loaded("careless"));
}

TEST_F(runtime_alternatives, all_or_none) {
  const auto none = ebpfkit::all_or_none(*object_, programs({"good", "unattachable", "good_too"}));
  ASSERT_TRUE(none) << none.error().message();
  EXPECT_EQ(outcomes(*none),
            (std::vector<group_outcome>{group_outcome::group_refused, group_outcome::attach_refused,
                                        group_outcome::group_refused}));
  EXPECT_EQ(none->taken(), "");
  EXPECT_FALSE(object_->find_program("good").value().autoload());
  const auto all = ebpfkit::all_or_none(*object_, programs({"good", "good_too"}));
  ASSERT_TRUE(all);
  EXPECT_EQ(outcomes(*all),
            (std::vector<group_outcome>{group_outcome::taken, group_outcome::taken}));
  ASSERT_TRUE(object_->load());
  EXPECT_TRUE(is_loaded("good") && is_loaded("good_too"));
}

// The verifier decides by constants, so a copy with other constants would decide wrongly.
TEST_F(runtime_alternatives, the_values_of_globals_count) {
  const auto group = programs({"conditional", "good"});
  EXPECT_EQ(ebpfkit::one_of(*object_, group).value().taken(), "good");
  *object_->global<std::uint32_t>("limit").value() = 8;
  EXPECT_EQ(ebpfkit::one_of(*object_, group).value().taken(), "conditional");
}

TEST_F(runtime_alternatives, attaching_is_not_tried_where_it_should_not) {
  ebpfkit::group_options options;
  options.try_attaching = false;
  EXPECT_EQ(ebpfkit::one_of(*object_, programs({"unattachable", "good"}), options).value().taken(),
            "unattachable");
  // The application attaches this program itself, perhaps elsewhere.
  auto by_hand = object_->find_program("unattachable").value();
  by_hand.set_autoattach(false);
  EXPECT_EQ(ebpfkit::one_of(*object_, {by_hand}).value().taken(), "unattachable");
}

// The typical case. Which of the three it is depends on the kernel.
TEST_F(runtime_alternatives, fentry_or_else) {
  const auto image = compile(R"(
#ifdef __TARGET_ARCH_arm64
#define GETPPID "__arm64_sys_getppid"
#else
#define GETPPID "__x64_sys_getppid"
#endif
SEC("?fentry/" GETPPID) int by_fentry(void *context) { return 0; }
SEC("?kprobe/" GETPPID) int by_kprobe(void *context) { return 0; }
SEC("?raw_tp/sys_enter") int by_raw_tp(void *context) { return 0; }
)");
  auto opened = dynamic_object::open_bytes(image.data(), image.size(), "ways");
  ASSERT_TRUE(opened);
  const auto choice = ebpfkit::one_of(*opened, {opened->find_program("by_fentry").value(),
                                                opened->find_program("by_kprobe").value(),
                                                opened->find_program("by_raw_tp").value()});
  ASSERT_TRUE(choice) << choice.error().message();
  const auto loaded = opened->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto attached = opened->attach();
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_GE(opened->find_program(choice->taken()).value().fd(), 0);
}

TEST_F(runtime_alternatives, mistakes_are_told) {
  EXPECT_EQ(ebpfkit::one_of(*object_, {}).error().code, EINVAL);
  const auto other = object_->open_again();
  ASSERT_TRUE(other);
  const auto foreign = ebpfkit::one_of(*object_, {other->find_program("good").value()});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().remedy, "Program 'good' is not one of this object.");
  ASSERT_TRUE(object_->load());
  const auto late = ebpfkit::best_effort(*object_, programs({"good"}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, EBUSY);
}

}  // namespace
