// Chains of XDP programs: their order, how they change, and what refuses to change them.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attach/xdp_dispatcher.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/xdp_chain.hpp"
#include "pinned_to_one_cpu.hpp"
#include "runtime_triggers.hpp"
#include "system/running_kernel.hpp"
#include "system/unique_fd.hpp"
#include "xdp_chain_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::detach_from_xdp_chain;
using ebpfkit::xdp_action;
using ebpfkit::xdp_chain_link;
using ebpfkit::xdp_chain_options;
using ebpfkit::xdp_chain_program;
using ebpfkit::xdp_chain_programs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using runtime_xdp_chain = xdp_chain_test;

TEST_F(runtime_xdp_chain, programs_run_by_priority_until_they_are_detached) {
  chain_object object(image_, {"first", "second", "third"});
  const auto send = [&] { send_packet(); };
  EXPECT_THAT(chain_names(), IsEmpty());
  auto second = object.attach(1, 20);
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(0, 1, 0));
  auto third = object.attach(2, 30);
  auto first = object.attach(0, 10);
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  EXPECT_THAT(names_of_pins(), ElementsAre("dispatch-1-" + std::to_string(attached_id())));
  const auto entries = xdp_chain_programs("lo").value();
  EXPECT_EQ(entries[1].program_id, second.program_id());
  EXPECT_EQ(entries[1].priority, 20U);
  EXPECT_THAT(entries[1].continue_on, ElementsAre(xdp_action::pass));
  EXPECT_FALSE(entries[1].has_fragments);

  const auto detached = second.detach();
  ASSERT_TRUE(detached) << detached.error().message();
  EXPECT_FALSE(second);
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(1, 0, 2));
  first = object.attach(1, 40);  // `second` comes, then the program that the link had leaves
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(0, 2, 1));
  EXPECT_TRUE(third.detach());
  EXPECT_TRUE(first.detach());
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(object.order_of({1, 2, 3}, send), ElementsAre(0, 0, 0));
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_chain, actions_end_the_chain_or_continue_it) {
  chain_object object(image_, {"first", "dropping", "third"});
  const auto run = [&] {
    std::array<unsigned char, 64> frame{};
    frame[23] = 17;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = frame.size();
    EXPECT_EQ(bpf_prog_test_run_opts(program.get(), &options), 0);
    return options.retval;
  };
  std::uint32_t action = 0;
  const auto keep_action = [&] { action = run(); };
  auto first = object.attach(0, 10, {});
  auto third = object.attach(2, 30);
  EXPECT_THAT(object.order_of({1, 4, 3}, keep_action), ElementsAre(1, 0, 0));
  EXPECT_EQ(action, 2U);
  ASSERT_TRUE(first.detach());
  {
    const auto ends = object.attach(1, 20);
    EXPECT_THAT(object.order_of({1, 4, 3}, keep_action), ElementsAre(0, 1, 0));
    EXPECT_EQ(action, 1U);
  }
  const auto goes_on = object.attach(1, 20, {xdp_action::drop, xdp_action::tx});
  EXPECT_THAT(object.order_of({1, 4, 3}, keep_action), ElementsAre(0, 1, 2));
  EXPECT_EQ(action, 2U);
  EXPECT_THAT(xdp_chain_programs(loopback_interface).value()[0].continue_on,
              ElementsAre(xdp_action::drop, xdp_action::tx));
}

TEST_F(runtime_xdp_chain, equal_priorities_run_by_name_and_age) {
  chain_object object(image_, {"third", "first", "second"});
  chain_object newer(image_, {"first"});
  const auto a = newer.attach(0, 50);
  const auto b = object.attach(0, 50);
  const auto c = object.attach(1, 50);
  const auto d = object.attach(2, 50);
  EXPECT_THAT(chain_names(), ElementsAre("first", "first", "second", "third"));
  EXPECT_EQ(xdp_chain_programs(loopback_interface).value()[0].program_id, a.program_id());
}

// On one CPU, because QEMU's emulation of several fails now and then while the kernel patches its
// code: bpf_dispatcher_xdp_func(), which each change of an XDP program patches, then stops the
// kernel with "Oops: int3" when another CPU receives a packet (QEMU 7.2, Linux 6.12).
TEST_F(runtime_xdp_chain, no_packet_misses_a_program_that_stays) {
  const pinned_to_one_cpu together;
  chain_object object(image_, {"first", "second"});
  const auto first = object.attach(0, 10, {xdp_action::pass});
  std::atomic<bool> is_done{false};
  std::atomic<std::uint64_t> sent{0};
  std::thread sender([&] {
    while (!is_done && !HasFailure()) {
      send_packet();
      ++sent;
    }
  });
  for (int i = 0; i < 4; ++i) {
    const auto added = object.attach(1, 20, {});
    for (const auto before = sent.load(); sent < before + 10 && !HasFailure();)
      std::this_thread::yield();
  }
  is_done = true;
  sender.join();
  const auto runs_of = [&](std::uint32_t number) {
    return object.counts().find(number + 16).value().value_or(0);
  };
  EXPECT_EQ(runs_of(1), sent.load());
  EXPECT_GE(runs_of(2), 36U);  // one of ten can be on its way when `second` comes
}

TEST_F(runtime_xdp_chain, programs_that_are_alone_are_never_replaced) {
  auto plain = open_chain_object(image_);
  auto program = plain.find_program("alone").value();
  ASSERT_TRUE(program.set_autoload(true));
  ASSERT_TRUE(plain.load());
  const auto alone = program.attach_xdp(loopback_interface).value();
  const auto id = attached_id();
  chain_object object(image_, {"first"});
  const auto refused = object[0].attach(loopback_interface);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EBUSY);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("cannot attach program 'first' to the XDP chain of interface 'lo'"));
  EXPECT_THAT(refused.error().remedy,
              HasSubstr("The program 'alone' (id " + std::to_string(id) +
                        ") is attached there, and is no dispatcher of a chain"));
  EXPECT_EQ(xdp_chain_programs(loopback_interface).error().code, EBUSY);
  EXPECT_EQ(detach_from_xdp_chain(loopback_interface, id).error().code, EBUSY);
  EXPECT_EQ(attached_id(), id);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_chain, dispatchers_of_other_versions_stay) {
  ebpfkit::detail::xdp_dispatcher_settings settings;
  settings.count = 1;
  settings.version = 4;
  const auto dispatcher = ebpfkit::detail::load_xdp_dispatcher(settings);
  ASSERT_TRUE(dispatcher.program);
  ASSERT_EQ(
      bpf_xdp_attach(static_cast<int>(loopback_interface), dispatcher.program.get(), 0, nullptr),
      0);
  const auto id = attached_id();
  chain_object object(image_, {"first"});
  const auto refused = object[0].attach(loopback_interface);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EPROTONOSUPPORT);
  EXPECT_THAT(refused.error().remedy,
              HasSubstr("another version of libxdp's protocol than 2 and 3"));
  EXPECT_EQ(attached_id(), id);
}

TEST_F(runtime_xdp_chain, a_chain_keeps_its_version) {
  chain_object object(image_, {"first", "second"});
  const auto version = [] {
    ebpfkit::detail::xdp_dispatcher_settings found;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    EXPECT_EQ(ebpfkit::detail::read_xdp_dispatcher(program.get(), found), 0);
    return found.version;
  };
  {
    const auto first = object.attach(0, 10);
    EXPECT_EQ(version(), 2);
    object.protocol = 3;
    const auto second = object.attach(1, 20);
    EXPECT_EQ(version(), 2);
  }
  const auto first = object.attach(0, 10);
  EXPECT_EQ(version(), 3);
  object.protocol = 2;
  const auto second = object.attach(1, 20);
  EXPECT_EQ(version(), 3);
  EXPECT_THAT(object.order_of({1, 2}, [&] { send_packet(); }), ElementsAre(1, 2));
}

// Version 3 of the protocol tells that the dispatcher is bound to a device.
TEST_F(runtime_xdp_chain, a_chain_of_device_bound_programs_stays) {
  chain_object object(image_, {"first", "second"});
  auto first = object.attach(0, 10);
  ebpfkit::detail::xdp_dispatcher_settings settings;
  settings.version = 3;
  settings.count = 1;
  settings.is_device_bound = 1;
  const auto dispatcher = ebpfkit::detail::load_xdp_dispatcher(settings);
  ASSERT_TRUE(dispatcher.program);
  ASSERT_EQ(
      bpf_xdp_attach(static_cast<int>(loopback_interface), dispatcher.program.get(), 0, nullptr),
      0);
  const auto prefix = files_->path("own/xdp/dispatch-1-");
  const auto id = attached_id();
  ASSERT_EQ(mkdir((prefix + std::to_string(id)).c_str(), 0700), 0);
  ASSERT_TRUE(object.object().find_program("first").value().pin(prefix + std::to_string(id) +
                                                                "/prog0-prog"));
  const auto refused = object[1].attach(loopback_interface);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EOPNOTSUPP);
  EXPECT_THAT(refused.error().remedy, HasSubstr("bound to the device"));
  EXPECT_EQ(attached_id(), id);
  EXPECT_TRUE(first.detach());
  EXPECT_EQ(attached_id(), 0U);
}

TEST_F(runtime_xdp_chain, a_chain_without_its_pins_stays) {
  chain_object object(image_, {"first", "second"});
  auto first = object.attach(0, 10);
  const auto directory = files_->path("own/xdp/dispatch-1-") + std::to_string(attached_id());
  ASSERT_EQ(rename(directory.c_str(), files_->path("elsewhere").c_str()), 0);
  const auto refused = object[1].attach(loopback_interface);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENOENT);
  EXPECT_THAT(refused.error().remedy, HasSubstr("'" + directory + "' has no such pins"));
  ASSERT_EQ(rename(files_->path("elsewhere").c_str(), directory.c_str()), 0);
  EXPECT_TRUE(first.detach());
}

TEST_F(runtime_xdp_chain, processes_share_a_chain) {
  chain_object object(image_, {"first", "third"});
  auto first = object.attach(0, 10);
  auto third = object.attach(1, 30);
  {
    // The child is killed, so the destructor of its link does not run.
    std::optional<xdp_chain_link> kept;
    lingering_child child([&] {
      chain_object own(image_, {"second"});
      kept.emplace(own.attach(0, 20));
      return chain_names().size() == 3;
    });
  }
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  const auto id = xdp_chain_programs(loopback_interface).value()[1].program_id;
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(chain_names(), ElementsAre("second", "third"));
  EXPECT_TRUE(detach_from_xdp_chain(loopback_interface, id).value());
  EXPECT_FALSE(detach_from_xdp_chain(loopback_interface, id).value());
  EXPECT_THAT(chain_names(), ElementsAre("third"));
  third.release();
  EXPECT_FALSE(third);
  EXPECT_TRUE(third.detach());
  EXPECT_THAT(chain_names(), ElementsAre("third"));
  EXPECT_TRUE(detach_from_xdp_chain("lo", xdp_chain_programs("lo").value()[0].program_id).value());
  EXPECT_EQ(attached_id(), 0U);
}

TEST_F(runtime_xdp_chain, a_change_whose_process_was_killed_is_ended) {
  chain_object object(image_, {"first", "second"});
  auto first = object.attach(0, 10);
  struct stat about {};
  ASSERT_EQ(stat("/proc/thread-self/ns/net", &about), 0);
  const auto prefix = files_->path("own/xdp/ebpfkit-" + std::to_string(about.st_ino) + "-1-");
  // Killed behind the exchange of the dispatcher: its directory has no final name, and that of the
  // dispatcher before is still there.
  const auto directory = files_->path("own/xdp/dispatch-1-" + std::to_string(attached_id()));
  ASSERT_EQ(rename(directory.c_str(), (prefix + std::to_string(attached_id())).c_str()), 0);
  ASSERT_EQ(mkdir((prefix + "4000000000").c_str(), 0700), 0);
  ASSERT_TRUE(object.object().find_program("second").value().pin(prefix + "4000000000/prog0-prog"));
  // Other interfaces and network namespaces are not touched.
  ASSERT_EQ(mkdir(files_->path("own/xdp/ebpfkit-1-1-7").c_str(), 0700), 0);
  EXPECT_THAT(chain_names(), ElementsAre("first"));
  EXPECT_THAT(names_of_pins(), testing::UnorderedElementsAre(
                                   "ebpfkit-1-1-7", "dispatch-1-" + std::to_string(attached_id())));
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(names_of_pins(), ElementsAre("ebpfkit-1-1-7"));
}

TEST_F(runtime_xdp_chain, a_new_version_replaces_an_old_one_in_one_step) {
  chain_object old_version(image_, {"first"});
  auto old_link = old_version.attach(0, 10);
  chain_object new_version(image_, {"second"});
  xdp_chain_options options;
  options.replaces = 4000000000;
  const auto missing = new_version[0].attach(loopback_interface, options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_EQ(missing.error().remedy, "The program to replace (id 4000000000) is not in the chain.");
  options.replaces = old_link.program_id();
  const auto attached = new_version[0].attach(loopback_interface, options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_THAT(chain_names(), ElementsAre("second"));
  EXPECT_TRUE(old_link.detach());  // it is not there any more
  EXPECT_THAT(chain_names(), ElementsAre("second"));
}

TEST_F(runtime_xdp_chain, the_chain_keeps_its_mode_and_its_fragments) {
  chain_object object(image_, {"with_fragments", "first"});
  xdp_chain_options options;
  options.mode = ebpfkit::xdp_mode::native;
  const auto no_driver = object[0].attach(loopback_interface, options);
  ASSERT_FALSE(no_driver);
  EXPECT_THAT(no_driver.error().remedy, HasSubstr("xdp_mode::generic"));
  EXPECT_THAT(names_of_pins(), IsEmpty());
  options.mode = ebpfkit::xdp_mode::generic;
  const auto attached = object[0].attach(loopback_interface, options);
  ASSERT_TRUE(attached) << attached.error().message();
  const auto read = [] {
    ebpfkit::detail::xdp_dispatcher_settings found;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    EXPECT_EQ(ebpfkit::detail::read_xdp_dispatcher(program.get(), found), 0);
    return found;
  };
  const bool kernel_has_fragments = ebpfkit::detail::if_older_than({5, 18}, "").empty();
  EXPECT_EQ(read().has_fragments, kernel_has_fragments ? 1 : 0);
  EXPECT_TRUE(xdp_chain_programs(loopback_interface).value()[0].has_fragments);
  options.mode = ebpfkit::xdp_mode::native;
  const auto other = object[1].attach(loopback_interface, options);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, EBUSY);
  EXPECT_THAT(other.error().remedy, HasSubstr("The chain runs there in generic mode"));
  const auto first = object.attach(1, 10);
  EXPECT_EQ(read().has_fragments, 0);
  EXPECT_TRUE(xdp_chain_programs(loopback_interface).value()[1].has_fragments);
}

TEST_F(runtime_xdp_chain, ten_programs_fit) {
  const std::vector<std::string> names{"first",  "second", "third",  "alone",  "more_a", "more_b",
                                       "more_c", "more_d", "more_e", "more_f", "more_g"};
  chain_object object(image_, names);
  std::vector<xdp_chain_link> links;
  links.reserve(names.size());
  for (std::size_t i = 0; i < ebpfkit::most_xdp_chain_programs; ++i)
    links.push_back(object.attach(i, static_cast<std::uint32_t>(100 - i)));
  EXPECT_THAT(object.order_of({1, 5, 11}, [&] { send_packet(); }), ElementsAre(10, 7, 1));
  const auto full = object[10].attach(loopback_interface);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ENOSPC);
  EXPECT_EQ(full.error().remedy, "A chain has at most 10 programs.");
  const auto again = object[0].attach(loopback_interface);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, EEXIST);
}

TEST_F(runtime_xdp_chain, errors_say_what_is_missing) {
  auto opened = open_chain_object(image_);
  ASSERT_TRUE(opened.find_program("first").value().set_autoload(true));
  const auto no_xdp = xdp_chain_program::prepare(opened.find_program("no_xdp").value());
  ASSERT_FALSE(no_xdp);
  EXPECT_EQ(no_xdp.error().code, EINVAL);
  EXPECT_THAT(no_xdp.error().message(),
              HasSubstr("cannot prepare program 'no_xdp' for XDP chains"));
  auto member = xdp_chain_program::prepare(opened.find_program("first").value());
  ASSERT_TRUE(member) << member.error().message();
  const auto early = member->attach(loopback_interface);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, EBADF);
  EXPECT_THAT(early.error().remedy, HasSubstr("is not loaded"));
  const auto loaded = opened.load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto late = xdp_chain_program::prepare(opened.find_program("second").value());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, EBUSY);
  EXPECT_EQ(late.error().remedy, "Call it between open() and load().");
  const auto nowhere = member->attach("no-such-device");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENODEV);
  EXPECT_EQ(xdp_chain_programs("no-such-device").error().code, ENODEV);
  xdp_chain_options options;
  options.mode = ebpfkit::xdp_mode::offload;
  EXPECT_EQ(member->attach(loopback_interface, options).error().code, EINVAL);
  options = {};
  options.protocol = 4;
  EXPECT_THAT(member->attach(loopback_interface, options).error().remedy,
              HasSubstr("knows 2 and 3"));
  options = {};
  options.continue_on = {static_cast<xdp_action>(31)};
  EXPECT_THAT(member->attach(loopback_interface, options).error().remedy, HasSubstr("continue_on"));
  ASSERT_EQ(setenv("LIBXDP_BPFFS", "/proc", 1), 0);
  const auto no_files = member->attach(loopback_interface);
  ASSERT_FALSE(no_files);
  EXPECT_THAT(no_files.error().remedy, HasSubstr("'/proc/xdp' needs a BPF file system"));
  EXPECT_EQ(attached_id(), 0U);
}

TEST_F(runtime_xdp_chain, programs_and_maps_are_told_by_the_host_tool) {
  if (!getenv("EBPFKIT_TOOL_TO_TEST"))
    GTEST_SKIP() << "no host tool is given (EBPFKIT_TOOL_TO_TEST)";
  chain_object object(image_, {"first", "second"});
  const auto second = object.attach(1, 20);
  const auto first = object.attach(0, 10);
  const auto text = advice_of_tool("");
  EXPECT_THAT(text, HasSubstr("lo: the program is the dispatcher of an XDP chain"));
  const auto document = advice_of_tool("--json");
  if (!kernel_names_members()) {
    EXPECT_THAT(text, HasSubstr("The chain has 2 programs, of which the kernel names 0."));
    EXPECT_THAT(document, HasSubstr("\"chain\": []"));
    return;
  }
  EXPECT_THAT(text, testing::ContainsRegex("10 .*first\n +20 .*second\n"));
  EXPECT_THAT(text, testing::ContainsRegex("counts +array +32 "));
  EXPECT_THAT(document,
              testing::ContainsRegex("\"program_name\": \"first\",\n *\"priority\": 10\n"));
}

}  // namespace
