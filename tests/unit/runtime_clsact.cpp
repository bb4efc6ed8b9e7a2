// Attaching tc programs through a clsact qdisc on the running kernel: who makes the qdisc, and who
// removes it.
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/link.hpp"
#include "runtime_network_support.hpp"
#include "runtime_support.hpp"

namespace {

using ebpfkit::link_kind;
using ebpfkit::tc_direction;
using ebpfkit::tc_method;
using ebpfkit::test::counting_object;
using ebpfkit::test::directions;
using ebpfkit::test::lingering_child;
using ebpfkit::test::options_of;
using ebpfkit::test::succeeds;
using ebpfkit::test::tc;
using testing::HasSubstr;

using runtime_clsact = ebpfkit::test::network_test;

// What a program without EbpfKit does.
bpf_tc_hook ingress_of(const char* interface) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = static_cast<int>(if_nametoindex(interface));
  hook.attach_point = BPF_TC_INGRESS;
  return hook;
}

bpf_tc_opts filter_options(int program_fd) {
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = program_fd;
  options.handle = 1;
  options.priority = 1;
  return options;
}

// Waits for a child process that returns its success.
bool succeeded(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

TEST_F(runtime_clsact, attaches_and_detaches) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  for (const auto& [interface, direction] : directions) {
    auto attached = object.program().attach_tc(interface, direction, options_of(tc_method::clsact));
    ASSERT_TRUE(attached) << attached.error().message();
    EXPECT_EQ(attached->kind(), link_kind::tc_filter);
    EXPECT_TRUE(attached->outlives_process());
    EXPECT_EQ(attached->fd(), -1);
    EXPECT_EQ(attached->get(), nullptr);
    EXPECT_EQ(attached->pin("/sys/fs/bpf/ebpfkit-filter").error().code, EOPNOTSUPP);
    EXPECT_TRUE(has_clsact(interface));
    EXPECT_EQ(counted(object), 2U);
    attached->detach();
    EXPECT_EQ(counted(object), 0U);
    EXPECT_FALSE(has_clsact(interface));
  }
}

TEST_F(runtime_clsact, qdisc_that_others_use_stays) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  const auto clsact = options_of(tc_method::clsact);
  auto first = object.program(0).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(first) << first.error().message();
  auto second = object.program(1).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(second) << second.error().message();
  object.mine();
  EXPECT_EQ(counted(object), 2U);
  EXPECT_EQ(object.mine(), 2U);
  // The first link made the qdisc. When the link goes, it finds the qdisc in use.
  first->detach();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_EQ(object.mine(), 2U);
  second->detach();
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_clsact, qdisc_goes_with_the_last_link_in_any_order) {
  counting_object object(tc, {"first", "second"});
  counting_object another(tc, {"first"});
  ASSERT_TRUE(object && another);
  const auto clsact = options_of(tc_method::clsact);
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    std::vector<ebpfkit::link> links;
    const auto keep = [&links](ebpfkit::result<ebpfkit::link> attached) {
      ASSERT_TRUE(attached) << attached.error().message();
      links.push_back(*std::move(attached));
    };
    keep(object.program(0).attach_tc("right", tc_direction::ingress, clsact));
    keep(object.program(1).attach_tc("right", tc_direction::egress, clsact));
    keep(another.program().attach_tc("right", tc_direction::egress, clsact));
    ASSERT_EQ(links.size(), order.size());
    auto moved = std::move(links[order[0]]);
    moved = std::move(links[order[1]]);  // the first one detaches
    EXPECT_TRUE(has_clsact("right"));
    moved.detach();
    EXPECT_TRUE(has_clsact("right"));
    links.clear();
    EXPECT_FALSE(has_clsact("right"));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(runtime_clsact, qdisc_with_filters_of_other_programs_stays) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  const auto clsact = options_of(tc_method::clsact);
  auto attached = object.program(0).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto hook = ingress_of("right");
  auto options = filter_options(object.program(1).fd());
  ASSERT_EQ(bpf_tc_attach(&hook, &options), 0);
  attached->detach();
  object.mine();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_EQ(object.mine(), 2U);
  options.prog_fd = 0;
  options.prog_id = 0;
  options.flags = 0;
  ASSERT_EQ(bpf_tc_detach(&hook, &options), 0);
  EXPECT_TRUE(has_clsact("right"));

  attached = object.program(0).attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  attached->detach();
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_clsact, qdisc_that_another_program_took_over_stays) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  auto attached =
      object.program().attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  ASSERT_TRUE(attached) << attached.error().message();
  ASSERT_TRUE(succeeds("tc qdisc replace dev right clsact"));
  EXPECT_EQ(counted(object), 2U);
  attached->detach();
  EXPECT_TRUE(has_clsact("right"));
}

// Two processes make, fill and remove the qdisc of one interface.
TEST_F(runtime_clsact, qdisc_is_not_removed_under_another_process) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  pid_t children[2];
  for (std::size_t i = 0; i < 2; ++i) {
    children[i] = fork();
    if (children[i] != 0)
      continue;
    auto options = options_of(tc_method::clsact);
    options.handle = static_cast<std::uint32_t>(i + 1);
    const auto hook = ingress_of("right");
    for (int round = 0; round < 100; ++round) {
      const auto attached = object.program(i).attach_tc("right", tc_direction::ingress, options);
      auto found = filter_options(0);
      found.handle = options.handle;
      found.priority = options.priority;
      if (!attached || bpf_tc_query(&hook, &found) != 0) {
        fprintf(stderr, "round %d: %s\n", round,
                attached ? "the filter is gone" : attached.error().message().c_str());
        _exit(1);
      }
    }
    _exit(0);
  }
  EXPECT_TRUE(succeeded(children[0]));
  EXPECT_TRUE(succeeded(children[1]));
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_clsact, qdisc_that_was_there_stays) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  ASSERT_TRUE(succeeds("tc qdisc add dev right clsact"));
  auto attached =
      object.program().attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  ASSERT_TRUE(attached) << attached.error().message();
  attached->detach();
  EXPECT_TRUE(has_clsact("right"));
}

TEST_F(runtime_clsact, does_not_replace_another_program) {
  counting_object object(tc, {"first", "second"});
  ASSERT_TRUE(object);
  auto options = options_of(tc_method::clsact);
  options.handle = 7;
  const auto first = object.program(0).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = object.program(1).attach_tc("right", tc_direction::ingress, options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EEXIST);
  EXPECT_THAT(second.error().remedy, HasSubstr("program 'first' (id "));
  EXPECT_EQ(counted(object), 2U);
}

TEST_F(runtime_clsact, tells_long_names_apart) {
  const std::string source = std::string(tc) +
                             "SEC(\"tc\") int handle_ingress_v4(void *c) { return count_at(2); }"
                             "SEC(\"tc\") int handle_ingress_v6(void *c) { return count_at(2); }";
  counting_object object(source, {"handle_ingress_v4", "handle_ingress_v6"});
  ASSERT_TRUE(object);
  const auto options = options_of(tc_method::clsact);
  const auto first = object.program(0).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = object.program(1).attach_tc("right", tc_direction::ingress, options);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_TRUE(succeeds("test $(tc filter show dev right ingress | grep -c 'id ') = 2"));
}

TEST_F(runtime_clsact, needs_a_priority) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  auto options = options_of(tc_method::clsact);
  options.priority = 0;
  const auto attached = object.program().attach_tc("right", tc_direction::ingress, options);
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().code, EINVAL);
  EXPECT_THAT(attached.error().remedy, HasSubstr("tc_options::priority"));
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_clsact, forked_child_leaves_the_filter_to_its_parent) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  auto attached =
      object.program().attach_tc("right", tc_direction::ingress, options_of(tc_method::clsact));
  ASSERT_TRUE(attached) << attached.error().message();
  const pid_t child = fork();
  if (child == 0) {
    attached->detach();
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(counted(object), 2U);
  attached->detach();
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_clsact, filter_of_a_killed_process_is_replaced) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  const auto clsact = options_of(tc_method::clsact);
  lingering_child child([&] {
    static auto left = object.program().attach_tc("right", tc_direction::ingress, clsact);
    return static_cast<bool>(left);
  });
  child.kill();
  EXPECT_EQ(counted(object), 2U);  // the filter outlives the process

  // Load the program again, like the next start of the application.
  counting_object next(tc, {"first"});
  ASSERT_TRUE(next);
  auto attached = next.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(counted(next), 2U);
  EXPECT_EQ(counted(object), 0U);
  EXPECT_TRUE(has_clsact("right"));
  attached->detach();
  EXPECT_EQ(counted(next), 0U);
  EXPECT_FALSE(has_clsact("right"));
}

TEST_F(runtime_clsact, killed_process_does_not_make_a_qdisc_its_own) {
  counting_object object(tc, {"first"});
  ASSERT_TRUE(object);
  ASSERT_TRUE(succeeds("tc qdisc add dev right clsact"));
  const auto clsact = options_of(tc_method::clsact);
  lingering_child child([&] {
    static auto left = object.program().attach_tc("right", tc_direction::ingress, clsact);
    return static_cast<bool>(left);
  });
  child.kill();
  auto attached = object.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(attached) << attached.error().message();
  attached->detach();
  EXPECT_EQ(counted(object), 0U);
  EXPECT_TRUE(has_clsact("right"));
}

TEST_F(runtime_clsact, filter_that_was_replaced_is_left_alone) {
  counting_object old(tc, {"first"});
  counting_object next(tc, {"first"});
  ASSERT_TRUE(old && next);
  const auto clsact = options_of(tc_method::clsact);
  auto first = old.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(first) << first.error().message();
  const auto second = next.program().attach_tc("right", tc_direction::ingress, clsact);
  ASSERT_TRUE(second) << second.error().message();
  first->detach();
  EXPECT_EQ(counted(next), 2U);
}

}  // namespace
