// Programs of xdp-loader (xdp-tools) and of EbpfKit in one chain. tests/vm runs it on kernels with
// trampolines.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <vector>

#include "attach/xdp_dispatcher.hpp"
#include "ebpfkit/xdp_chain.hpp"
#include "runtime_triggers.hpp"
#include "system/unique_fd.hpp"
#include "temporary_directory.hpp"
#include "xdp_chain_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::detach_from_xdp_chain;
using ebpfkit::xdp_chain_programs;
using testing::ElementsAre;
using testing::IsEmpty;

// Programs of xdp-loader and of EbpfKit on one interface. They count in one map, which both pin in
// the same directory.
class runtime_xdp_loader : public xdp_chain_test {
 protected:
  void SetUp() override {
    xdp_chain_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    std::string source = chain_source;
    source.insert(source.find("} counts SEC"), "__uint(pinning, LIBBPF_PIN_BY_NAME); ");
    const auto image = compile(source);
    if (system("command -v xdp-loader >/dev/null") != 0)
      GTEST_SKIP() << "there is no xdp-loader (package xdp-tools)";
    std::ofstream(program_, std::ios::binary)
        .write(reinterpret_cast<const char*>(image.data()),
               static_cast<std::streamsize>(image.size()));
    pins_ = files_->path("own");
    options_.sz = sizeof(options_);
    options_.pin_root_path = pins_.c_str();
    object_.emplace(image, std::vector<std::string>{"first", "second", "third"}, &options_);
    object_->protocol = protocol_of_other();
  }

  // libxdp adds no program to a chain of an older version of the protocol than its own.
  unsigned protocol_of_other() {
    load_by_other("first", 10);
    ebpfkit::detail::xdp_dispatcher_settings found;
    const ebpfkit::detail::unique_fd program(bpf_prog_get_fd_by_id(attached_id()));
    EXPECT_EQ(ebpfkit::detail::read_xdp_dispatcher(program.get(), found), 0);
    unload_by_other("--all");
    return found.version;
  }

  // Runs xdp-loader with these arguments and keeps what it prints.
  bool run(const std::string& arguments) {
    output_.clear();
    FILE* stream = popen(("xdp-loader " + arguments + " 2>&1").c_str(), "re");
    if (!stream)
      return false;
    char part[512];
    while (fgets(part, sizeof(part), stream))
      output_ += part;
    return pclose(stream) == 0;
  }

  void load_by_other(const std::string& name, unsigned priority) {
    EXPECT_TRUE(run("load lo '" + program_.string() + "' --mode skb --pin-path '" + pins_ +
                    "' --prog-name " + name + " --prio " + std::to_string(priority)))
        << output_;
  }

  void unload_by_other(const std::string& which) {
    EXPECT_TRUE(run("unload lo " + which)) << output_;
  }

  std::string id_of(const std::string& name) {
    for (const auto& each : xdp_chain_programs(loopback_interface).value())
      if (each.name == name)
        return std::to_string(each.program_id);
    ADD_FAILURE() << "the chain has no program '" << name << "'";
    return "0";
  }

  // The places of `first`, `second` and `third` in the run of one packet.
  std::vector<std::uint64_t> order() {
    return object_->order_of({1, 2, 3}, [this] { send_packet(); });
  }

  const temporary_directory work_;
  const std::filesystem::path program_ = work_ / "chain.bpf.o";
  std::string pins_;
  std::string output_;
  bpf_object_open_opts options_{};
  std::optional<chain_object> object_;
};

TEST_F(runtime_xdp_loader, finds_a_chain_and_adds_to_it) {
  auto first = object_->attach(0, 10);
  auto third = object_->attach(2, 30);
  load_by_other("second", 20);
  EXPECT_THAT(order(), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  if (getenv("EBPFKIT_TOOL_TO_TEST") && kernel_names_members()) {
    EXPECT_THAT(advice_of_tool(""),
                testing::ContainsRegex("10 .*first\n +20 .*second\n +30 .*third\n"));
  }
  EXPECT_TRUE(run("status lo")) << output_;
  EXPECT_THAT(output_, testing::ContainsRegex("first(.|\n)*second(.|\n)*third"));
  // Those that stay run on, whoever takes the other one out.
  EXPECT_TRUE(first.detach());
  EXPECT_THAT(order(), ElementsAre(0, 1, 2));
  unload_by_other("--id " + id_of("second"));
  EXPECT_THAT(order(), ElementsAre(0, 0, 1));
  EXPECT_TRUE(third.detach());
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_loader, has_a_chain_that_is_joined) {
  load_by_other("third", 30);
  load_by_other("first", 10);
  auto second = object_->attach(1, 20);
  EXPECT_THAT(order(), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_names(), ElementsAre("first", "second", "third"));
  unload_by_other("--id " + id_of("first"));
  EXPECT_THAT(order(), ElementsAre(0, 1, 2));
  EXPECT_TRUE(second.detach());
  EXPECT_THAT(order(), ElementsAre(0, 0, 1));
  const auto id = xdp_chain_programs(loopback_interface).value()[0].program_id;
  EXPECT_TRUE(detach_from_xdp_chain(loopback_interface, id).value());
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_THAT(names_of_pins(), IsEmpty());
}

TEST_F(runtime_xdp_loader, may_take_all_programs_away) {
  auto second = object_->attach(1, 20);
  load_by_other("first", 10);
  unload_by_other("--id " + std::to_string(second.program_id()));
  EXPECT_THAT(order(), ElementsAre(1, 0, 0));
  EXPECT_TRUE(second.detach());  // it is not there any more
  EXPECT_THAT(order(), ElementsAre(1, 0, 0));
  auto third = object_->attach(2, 30);
  unload_by_other("--all");
  EXPECT_THAT(order(), ElementsAre(0, 0, 0));
  EXPECT_EQ(attached_id(), 0U);
  EXPECT_TRUE(third.detach());
  EXPECT_THAT(names_of_pins(), IsEmpty());
  third = object_->attach(2, 30);
  EXPECT_THAT(order(), ElementsAre(0, 0, 1));
}

}  // namespace
