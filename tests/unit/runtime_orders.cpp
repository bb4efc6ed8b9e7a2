// Places among the programs of one hook, and hooks of netkit and netfilter, on the running kernel.
#include <arpa/inet.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/hook_programs.hpp"
#include "ebpfkit/link.hpp"
#include "runtime_network_support.hpp"
#include "runtime_support.hpp"
#include "system/loaded_program.hpp"
#include "system/running_kernel.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::attach_order;
using ebpfkit::tc_direction;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* four = R"(
SEC("tc") int a(void *context) { return -1; }
SEC("tc") int b(void *context) { return -1; }
SEC("tc") int c(void *context) { return -1; }
SEC("tc") int d(void *context) { return -1; })";

class runtime_orders : public network_test {
 protected:
  ebpfkit::result<ebpfkit::link> attach(counting_object& object, std::size_t index,
                                        const attach_order& order) {
    ebpfkit::tc_options options;
    options.order = order;
    return object.program(index).attach_tc("right", tc_direction::ingress, options);
  }

  // The names of the programs on the ingress of `right`, in their order.
  static std::vector<std::string> names() {
    std::vector<std::string> found;
    const auto programs = ebpfkit::tcx_programs("right", tc_direction::ingress);
    EXPECT_TRUE(programs) << programs.error().message();
    if (programs)
      for (const auto& each : programs->programs)
        found.push_back(ebpfkit::detail::loaded_program_of_id(each.program_id).name);
    return found;
  }
};

TEST_F(runtime_orders, tcx) {
  counting_object object(four, {"a", "b", "c", "d"});
  ASSERT_TRUE(object);
  const auto a = attach(object, 0, attach_order::last());
  if (!kernel_has_tcx()) {
    ASSERT_FALSE(a);
    EXPECT_THAT(a.error().remedy, HasSubstr("Linux 6.6"));
    const auto unknown = ebpfkit::tcx_programs("right", tc_direction::ingress);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().remedy, HasSubstr("Linux 6.6"));
    return;
  }
  ASSERT_TRUE(a) << a.error().message();
  const auto b = attach(object, 1, attach_order::before(object.program(0)));
  ASSERT_TRUE(b) << b.error().message();
  const auto c = attach(object, 2, attach_order::after(*b));
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_THAT(names(), ElementsAre("b", "c", "a"));
  {
    const auto id = ebpfkit::detail::loaded_program_of(object.program(2).fd()).id;
    const auto d = attach(object, 3, attach_order::before_id(id));
    ASSERT_TRUE(d) << d.error().message();
    EXPECT_THAT(names(), ElementsAre("b", "d", "c", "a"));
  }
  {
    const auto id = ebpfkit::detail::loaded_program_of(object.program(0).fd()).id;
    const auto d = attach(object, 3, attach_order::after_id(id));
    ASSERT_TRUE(d) << d.error().message();
    EXPECT_THAT(names(), ElementsAre("b", "c", "a", "d"));
  }
  {
    const auto d = attach(object, 3, attach_order::before(*c));
    ASSERT_TRUE(d) << d.error().message();
    EXPECT_THAT(names(), ElementsAre("b", "d", "c", "a"));
  }
  const auto d = attach(object, 3, attach_order::after(object.program(1)));
  ASSERT_TRUE(d) << d.error().message();
  EXPECT_THAT(names(), ElementsAre("b", "d", "c", "a"));
}

TEST_F(runtime_orders, tcx_with_an_expected_revision) {
  counting_object object(four, {"a", "b", "c", "d"});
  ASSERT_TRUE(object);
  if (!kernel_has_tcx()) {
    EXPECT_FALSE(attach(object, 0, attach_order::last().expect(1)));
    return;
  }
  const auto a = attach(object, 0, {});
  ASSERT_TRUE(a) << a.error().message();
  const auto seen = ebpfkit::tcx_programs("right", tc_direction::ingress);
  ASSERT_TRUE(seen) << seen.error().message();
  ASSERT_EQ(seen->programs.size(), 1U);
  EXPECT_NE(seen->programs[0].link_id, 0U);
  const auto b = attach(object, 1, attach_order::first().expect(seen->revision));
  ASSERT_TRUE(b) << b.error().message();
  const auto late = attach(object, 2, attach_order::first().expect(seen->revision));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ESTALE);
  EXPECT_THAT(late.error().remedy, HasSubstr("ask for the revision again"));
  EXPECT_THAT(names(), ElementsAre("b", "a"));
}

TEST_F(runtime_orders, neighbours_must_be_there) {
  if (!kernel_has_tcx())
    GTEST_SKIP() << "tcx is from Linux 6.6";
  counting_object object(four, {"a", "b", "c", "d"});
  ASSERT_TRUE(object);
  const auto elsewhere = attach(object, 0, attach_order::before(object.program(1)));
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().remedy, HasSubstr("is not attached there"));
  const auto nobody = attach(object, 0, attach_order::after(ebpfkit::link()));
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().remedy, HasSubstr("no longer attached"));
  const auto nowhere = ebpfkit::tcx_programs("nowhere", tc_direction::egress);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().remedy, HasSubstr("no network interface 'nowhere'"));
}

// The machine that runs the tests may have no netkit devices. A veth device is none in any case.
TEST_F(runtime_orders, netkit_needs_a_netkit_device) {
  counting_object object(four, {"a", "b", "c", "d"});
  ASSERT_TRUE(object);
  const bool is_old = !ebpfkit::detail::if_older_than({6, 7}, "").empty();
  const char* expected = is_old ? "Linux 6.7" : "no netkit device";
  const auto attached = object.program().attach_netkit("right", ebpfkit::netkit_end::peer);
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().object, "program 'a' to netkit peer at interface 'right'");
  EXPECT_THAT(attached.error().remedy, HasSubstr(expected));
  const auto programs = ebpfkit::netkit_programs("right", ebpfkit::netkit_end::primary);
  ASSERT_FALSE(programs);
  EXPECT_THAT(programs.error().remedy, HasSubstr(expected));
}

TEST_F(runtime_orders, netkit) {
  counting_object object(four, {"a", "b", "c", "d"});
  ASSERT_TRUE(object);
  if (!succeeds("ip link add kit type netkit"))
    GTEST_SKIP() << "this kernel, or ip, has no netkit devices";
  const auto a = object.program(0).attach_netkit("kit");
  ASSERT_TRUE(a) << a.error().message();
  const auto b = object.program(1).attach_netkit("kit", ebpfkit::netkit_end::primary,
                                                 attach_order::before(object.program(0)));
  ASSERT_TRUE(b) << b.error().message();
  const auto programs = ebpfkit::netkit_programs("kit", ebpfkit::netkit_end::primary);
  ASSERT_TRUE(programs) << programs.error().message();
  ASSERT_EQ(programs->programs.size(), 2U);
  EXPECT_EQ(programs->programs[0].program_id,
            ebpfkit::detail::loaded_program_of(object.program(1).fd()).id);
}

constexpr const char* netfilter = R"(
SEC("?netfilter") int program(void *context) { count(); return 1; })";  // NF_ACCEPT

void send_datagram_to_this_machine() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(4242);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(sendto(sender, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            1)
      << strerror(errno);
  close(sender);
}

TEST_F(runtime_orders, netfilter) {
  const auto image = ebpfkit::test::compile(std::string(counting_source) + netfilter);
  auto opened = ebpfkit::dynamic_object::open_bytes(image.data(), image.size(), "filter");
  ASSERT_TRUE(opened) << opened.error().message();
  auto program = opened->find_program("program").value();
  ASSERT_TRUE(program.set_autoload(true));
  ASSERT_TRUE(program.set_type(32));                  // BPF_PROG_TYPE_NETFILTER
  ASSERT_TRUE(program.set_expected_attach_type(45));  // BPF_NETFILTER
  const auto loaded = opened->load();
  if (!ebpfkit::detail::if_older_than({6, 4}, "").empty()) {
    EXPECT_FALSE(loaded);
    return;
  }
  if (!loaded && loaded.error().code == EINVAL && !is_recording())
    GTEST_SKIP() << "this kernel has no netfilter programs (CONFIG_NETFILTER_BPF_LINK)";
  ASSERT_TRUE(loaded) << loaded.error().message();
  ebpfkit::netfilter_options options;
  options.hook = 3;  // NF_INET_LOCAL_OUT
  auto attached = program.attach_netfilter(options);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto counts = opened->find_map<ebpfkit::map<std::uint32_t, std::uint64_t>>("counts");
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->find(0U).value().value_or(0), 0U);
  send_datagram_to_this_machine();
  EXPECT_GE(counts->find(0U).value().value_or(0), 1U);
  const auto twice = program.attach_netfilter(options);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().object,
            "program 'program' to netfilter hook 3 of family 2 with priority 0");
  EXPECT_THAT(twice.error().remedy, HasSubstr("choose another netfilter_options::priority"));
  options.priority = 5;
  EXPECT_TRUE(program.attach_netfilter(options));
  options.priority = INT32_MAX;
  EXPECT_THAT(program.attach_netfilter(options).error().remedy, HasSubstr("are the kernel's"));
  options.family = 77;
  EXPECT_THAT(program.attach_netfilter(options).error().remedy, HasSubstr("NFPROTO_IPV4"));
}

constexpr const char* cgroup_programs_source = R"(
SEC("cgroup/sock_create") int a(void *context) { return 1; }
SEC("cgroup/sock_create") int b(void *context) { return 1; }
SEC("cgroup/sock_create") int c(void *context) { return 1; })";

class runtime_cgroup_orders : public kernel_test {};

TEST_F(runtime_cgroup_orders, cgroup) {
  counting_object object(cgroup_programs_source, {"a", "b", "c"});
  ASSERT_TRUE(object);
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-order-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  const int directory = open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto names = [directory] {
    std::vector<std::string> found;
    const auto programs = ebpfkit::cgroup_programs(directory, BPF_CGROUP_INET_SOCK_CREATE);
    EXPECT_TRUE(programs) << programs.error().message();
    if (programs)
      for (const auto& each : programs->programs)
        found.push_back(ebpfkit::detail::loaded_program_of_id(each.program_id).name);
    return found;
  };
  {
    const auto a = object.program(0).attach_cgroup(group.string(), ebpfkit::cgroup_options());
    ASSERT_TRUE(a) << a.error().message();
    EXPECT_THAT(names(), ElementsAre("a"));
    ebpfkit::cgroup_options options;
    options.order = attach_order::before(*a);
    const auto b = object.program(1).attach_cgroup(directory, options);
    // Later 6.12 has orders, too.
    if (!b && !ebpfkit::detail::if_older_than({6, 17}, "").empty()) {
      EXPECT_THAT(b.error().remedy, HasSubstr("Linux 6.17"));
    } else {
      ASSERT_TRUE(b) << b.error().message();
      options.order = attach_order::after(*b);
      const auto c = object.program(2).attach_cgroup(directory, options);
      EXPECT_TRUE(c) << c.error().message();
      EXPECT_THAT(names(), ElementsAre("b", "c", "a"));
      options.order = attach_order::last().expect(1);
      const auto late = object.program(2).attach_cgroup(directory, options);
      ASSERT_FALSE(late);
      EXPECT_EQ(late.error().code, ESTALE);
      options.order = attach_order::before(object.program(0));
      const auto by_program = object.program(2).attach_cgroup(directory, options);
      ASSERT_FALSE(by_program);
      EXPECT_THAT(by_program.error().remedy, HasSubstr("must be a link"));
    }
  }
  const auto none = ebpfkit::cgroup_programs(-1, BPF_CGROUP_INET_SOCK_CREATE);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().remedy, HasSubstr("cgroup version 2"));
  close(directory);
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

// With the flag, the program of the upper cgroup runs before that of the lower one.
TEST_F(runtime_cgroup_orders, before_descendants) {
  constexpr const char* source = R"(
SEC("cgroup/sock_create") int above(void *context) { count_at(0); return 1; }
SEC("cgroup/sock_create") int below(void *context) { count_at(1); return 0; })";
  counting_object object(source, {"above", "below"});
  ASSERT_TRUE(object);
  const own_mount groups("cgroup2");
  const auto group = groups / ("ebpfkit-order-" + std::to_string(getpid()));
  ASSERT_EQ(mkdir(group.c_str(), 0755), 0) << strerror(errno);
  ASSERT_EQ(mkdir((group / "lower").c_str(), 0755), 0) << strerror(errno);
  {
    ebpfkit::cgroup_options options;
    options.before_descendants = true;
    const auto above = object.program(0).attach_cgroup(group.string(), options);
    if (!above && !ebpfkit::detail::if_older_than({6, 15}, "").empty()) {
      EXPECT_THAT(above.error().remedy, HasSubstr("Linux 6.15"));
    } else {
      EXPECT_TRUE(above) << above.error().message();
      const auto below = object.program(1).attach_cgroup((group / "lower").string());
      EXPECT_TRUE(below) << below.error().message();
      const int directory = open((group / "lower").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      const auto effective = ebpfkit::cgroup_programs(directory, BPF_CGROUP_INET_SOCK_CREATE, true);
      close(directory);
      ASSERT_TRUE(effective) << effective.error().message();
      ASSERT_EQ(effective->programs.size(), 2U);
      EXPECT_EQ(ebpfkit::detail::loaded_program_of_id(effective->programs[0].program_id).name,
                "above");
    }
  }
  EXPECT_EQ(rmdir((group / "lower").c_str()), 0);
  EXPECT_EQ(rmdir(group.c_str()), 0);
}

}  // namespace
