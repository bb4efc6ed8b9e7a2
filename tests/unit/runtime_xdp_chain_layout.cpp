// What a dispatcher of an XDP chain is told about its programs. The kernel is not asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "attach/xdp_chain.hpp"
#include "attach/xdp_dispatcher.hpp"

namespace {

using ebpfkit::detail::insert_by_priority;
using ebpfkit::detail::settings_of;
using ebpfkit::detail::xdp_chain_member;
using ebpfkit::detail::xdp_dispatcher_settings;
using testing::ElementsAre;

xdp_chain_member chain_member(std::string name, std::uint32_t priority, std::uint32_t id = 0) {
  xdp_chain_member made;
  made.name = std::move(name);
  made.priority = priority;
  made.id = id;
  return made;
}

// The offsets of struct xdp_dispatcher_config of libxdp.
TEST(runtime_xdp_chain_layout, offsets_are_those_of_libxdp) {
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, magic), 0U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, version), 1U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, count), 2U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, has_fragments), 3U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, actions), 4U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, priorities), 44U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, flags), 84U);
  EXPECT_EQ(offsetof(xdp_dispatcher_settings, is_device_bound), 124U);
  EXPECT_EQ(ebpfkit::detail::xdp_slot_name(9), "prog9");
}

TEST(runtime_xdp_chain_layout, programs_are_in_order) {
  std::vector<xdp_chain_member> members;
  for (auto& [name, priority, id] : std::vector<std::tuple<std::string, std::uint32_t, unsigned>>{
           {"b", 50, 1}, {"a", 50, 2}, {"z", 7, 3}, {"a", 50, 4}, {"a", 4000000000, 5}})
    insert_by_priority(members, chain_member(name, priority, id));
  std::vector<std::uint32_t> ids;
  for (const auto& each : members)
    ids.push_back(each.id);
  EXPECT_THAT(ids, ElementsAre(3, 2, 4, 1, 5));
}

TEST(runtime_xdp_chain_layout, settings_have_what_libxdp_reads) {
  std::vector<xdp_chain_member> members;
  members.push_back(chain_member("a", 10));
  members.push_back(chain_member("b", 20));
  members[0].actions = 1U << 2;
  members[0].flags = members[1].flags = 32;
  auto settings = settings_of(members);
  EXPECT_EQ(settings.magic, 236);
  EXPECT_EQ(settings.version, 2);
  EXPECT_EQ(settings.count, 2);
  EXPECT_EQ(settings.has_fragments, 1);
  EXPECT_EQ(settings.actions[0], 0x80000004U);
  EXPECT_EQ(settings.actions[1], 0x80000000U);
  EXPECT_EQ(settings.priorities[1], 20U);
  EXPECT_EQ(settings.flags[1], 32U);
  EXPECT_EQ(settings.actions[2], 0U);
  members[1].flags = 0;
  settings = settings_of(members);
  EXPECT_EQ(settings.has_fragments, 0);
  EXPECT_EQ(settings.flags[0], 32U);
}

}  // namespace
