// What the kernel tells about links, and what links can do by id and for everybody, on the running
// kernel.
#include "ebpfkit/link_info.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "ebpfkit/link.hpp"
#include "runtime_network_support.hpp"
#include "runtime_triggers.hpp"
#include "system/loaded_program.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using testing::HasSubstr;

std::uint32_t id_of(const ebpfkit::program& program) {
  return ebpfkit::detail::loaded_program_of(program.fd()).id;
}

using runtime_link_info = network_test;

constexpr const char* programs = R"(
SEC("xdp") int frame(void *context) { return 2; }
SEC("xdp") int other_frame(void *context) { return 2; }
SEC("tc") int packet(void *context) { return -1; }
SEC("flow_dissector") int flow(void *context) { return 0; }
SEC("raw_tp") int raw(void *context) { return 0; }
SEC("tp") int traced(void *context) { return 0; }
SEC("cgroup/sock_create") int made(void *context) { return 1; })";
constexpr std::size_t frame = 0;
constexpr std::size_t other_frame = 1;
constexpr std::size_t packet = 2;
constexpr std::size_t flow = 3;
constexpr std::size_t raw = 4;
constexpr std::size_t traced = 5;
constexpr std::size_t made = 6;

class link_programs : public counting_object {
 public:
  link_programs()
      : counting_object(programs,
                        {"frame", "other_frame", "packet", "flow", "raw", "traced", "made"}) {}
};

// The place of a link that must be attached and of this kind.
template <class Place>
Place place_of(const ebpfkit::result<ebpfkit::link>& attached, const ebpfkit::program& program) {
  EXPECT_TRUE(attached) << attached.error().message();
  if (!attached)
    return {};
  const auto told = attached->info();
  EXPECT_TRUE(told) << told.error().message();
  if (!told)
    return {};
  EXPECT_NE(told->id, 0U);
  EXPECT_EQ(told->program_id, id_of(program));
  const auto* place = std::get_if<Place>(&told->place);
  EXPECT_NE(place, nullptr) << "the type is " << told->type;
  return place ? *place : Place();
}

TEST_F(runtime_link_info, places_of_the_network) {
  link_programs object;
  ASSERT_TRUE(object);
  const auto right = if_nametoindex("right");
  {
    const auto attached = object.program(frame).attach_xdp("right");
    EXPECT_EQ(place_of<ebpfkit::xdp_place>(attached, object.program(frame)).interface, right);
  }
  if (kernel_has_tcx()) {
    const auto attached = object.program(packet).attach_tc("right", ebpfkit::tc_direction::egress);
    const auto place = place_of<ebpfkit::tcx_place>(attached, object.program(packet));
    EXPECT_EQ(place.interface, right);
    EXPECT_EQ(place.attach_type, 47U);
  }
  {
    const auto attached = object.program(flow).attach_netns();
    struct stat space {};
    ASSERT_EQ(stat("/proc/thread-self/ns/net", &space), 0);
    const auto place = place_of<ebpfkit::netns_place>(attached, object.program(flow));
    EXPECT_EQ(place.inode, space.st_ino);
    EXPECT_EQ(place.attach_type, static_cast<std::uint32_t>(BPF_FLOW_DISSECTOR));
  }
}

TEST_F(runtime_link_info, places_of_tracing) {
  link_programs object;
  ASSERT_TRUE(object);
  {
    const auto attached = object.program(raw).attach_raw_tracepoint("sys_enter");
    const auto place = place_of<ebpfkit::raw_tracepoint_place>(attached, object.program(raw));
    EXPECT_EQ(place.name, "sys_enter");
  }
  if (!ebpfkit::detail::if_older_than({5, 15}, "").empty())
    return;  // perf events have no link
  const auto attached = object.program(traced).attach_tracepoint("syscalls", "sys_enter_getpgid");
  const auto place = place_of<ebpfkit::perf_event_place>(attached, object.program(traced));
  if (ebpfkit::detail::if_older_than({6, 6}, "").empty()) {
    EXPECT_EQ(place.what, ebpfkit::perf_event_place::kind::tracepoint);
    EXPECT_EQ(place.name, "sys_enter_getpgid");
  } else {
    EXPECT_EQ(place.what, ebpfkit::perf_event_place::kind::unknown);
  }
}

TEST_F(runtime_link_info, place_in_a_cgroup) {
  link_programs object;
  ASSERT_TRUE(object);
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-info-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  struct stat directory {};
  EXPECT_EQ(stat(group.c_str(), &directory), 0);
  {
    const auto attached = object.program(made).attach_cgroup(group.string());
    const auto place = place_of<ebpfkit::cgroup_place>(attached, object.program(made));
    EXPECT_EQ(place.cgroup_id, directory.st_ino);
    EXPECT_EQ(place.attach_type, static_cast<std::uint32_t>(BPF_CGROUP_INET_SOCK_CREATE));
  }
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

TEST_F(runtime_link_info, only_links_have_it) {
  link_programs object;
  ASSERT_TRUE(object);
  const auto of_program = ebpfkit::link_info::of_fd(object.program(frame).fd());
  ASSERT_FALSE(of_program);
  EXPECT_EQ(of_program.error().code, EINVAL);
  EXPECT_THAT(of_program.error().remedy, HasSubstr("It is no link"));
  EXPECT_EQ(ebpfkit::link_info::of_fd(object.counts().fd()).error().code, EINVAL);
  EXPECT_EQ(ebpfkit::link_info::of_fd(-1).error().code, EBADF);
  const auto empty = ebpfkit::link().info();
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, EOPNOTSUPP);
  const auto filter = object.program(packet).attach_tc("right", ebpfkit::tc_direction::egress,
                                                       options_of(ebpfkit::tc_method::clsact));
  ASSERT_TRUE(filter) << filter.error().message();
  EXPECT_EQ(filter->info().error().code, EOPNOTSUPP);
}

TEST_F(runtime_link_info, a_link_by_its_id) {
  link_programs object;
  ASSERT_TRUE(object);
  auto attached = object.program(frame).attach_xdp("right");
  ASSERT_TRUE(attached) << attached.error().message();
  const auto id = attached->info().value().id;
  {
    auto same = ebpfkit::link::open_id(id);
    ASSERT_TRUE(same) << same.error().message();
    EXPECT_EQ(same->info().value().id, id);
    attached->detach();
    EXPECT_TRUE(object.program(frame).active_xdp_mode("right"));  // the second one holds it
  }
  EXPECT_FALSE(object.program(frame).active_xdp_mode("right"));
  const auto gone = ebpfkit::link::open_id(id);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ENOENT);
  EXPECT_THAT(gone.error().remedy, HasSubstr("no link with this id"));
}

TEST_F(runtime_link_info, update_expects_a_program) {
  link_programs object;
  ASSERT_TRUE(object);
  auto attached = object.program(frame).attach_xdp("right");
  ASSERT_TRUE(attached) << attached.error().message();
  const auto other = object.program(other_frame);
  const auto updated = attached->update(other, object.program(frame).fd());
  ASSERT_TRUE(updated) << updated.error().message();
  EXPECT_EQ(attached->info().value().program_id, id_of(other));
  const auto late = attached->update(object.program(frame), object.program(frame).fd());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, EPERM);
  EXPECT_THAT(late.error().remedy, HasSubstr("Another program than the expected one"));
  EXPECT_EQ(attached->info().value().program_id, id_of(other));
  EXPECT_EQ(attached->update(other, -1).error().code, EBADF);
}

TEST_F(runtime_link_info, detaching_for_everybody) {
  link_programs object;
  ASSERT_TRUE(object);
  const own_mount pins("bpf");
  const auto path = (pins / "link").string();
  auto attached = object.program(frame).attach_xdp("right");
  ASSERT_TRUE(attached) << attached.error().message();
  ASSERT_TRUE(attached->pin(path));
  auto second = ebpfkit::link::open(path);
  ASSERT_TRUE(second) << second.error().message();
  const auto detached = second->force_detach();
  ASSERT_TRUE(detached) << detached.error().message();
  EXPECT_FALSE(*second);
  EXPECT_FALSE(object.program(frame).active_xdp_mode("right"));
  EXPECT_EQ(place_of<ebpfkit::xdp_place>(attached, object.program(frame)).interface, 0U);
  auto tracing = object.program(raw).attach_raw_tracepoint("sys_enter");
  ASSERT_TRUE(tracing) << tracing.error().message();
  const auto refused = tracing->force_detach();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EOPNOTSUPP);
  EXPECT_THAT(refused.error().remedy, HasSubstr("when nobody holds them"));
  EXPECT_TRUE(*tracing);
}

}  // namespace
