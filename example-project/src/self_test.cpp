// `kernel-watch --self-test`
#include "self_test.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include "commands.hpp"
#include "json.hpp"
#include "output.hpp"
#include "program_id.hpp"
#include "text.hpp"
#include "unique_fd.hpp"

namespace kernel_watch {
namespace {

std::string columns(std::string_view name, std::string_view expected, std::string_view counted) {
  return left_aligned(name, 52) + right_aligned(expected, 10) + right_aligned(counted, 10);
}

}  // namespace

void check_list::print_header() const {
  if (!json_)
    print_line(columns("check", "expected", "counted"));
}

void check_list::compare(std::string_view name, std::uint64_t expected, std::uint64_t counted) {
  const bool agrees = expected == counted;
  ++checks_;
  if (!agrees)
    ++disagreeing_;
  if (json_)
    print_line(json_object()
                   .text("type", "check")
                   .text("name", name)
                   .count("expected", expected)
                   .count("counted", counted)
                   .boolean("agrees", agrees)
                   .str());
  else
    print_line(columns(name, std::to_string(expected), std::to_string(counted)) +
               (agrees ? "" : "  DISAGREES"));
}

void check_list::print_summary() const {
  if (json_)
    print_line(json_object()
                   .text("type", "summary")
                   .count("checks", checks_)
                   .count("disagreeing", disagreeing_)
                   .boolean("passed", all_agree())
                   .str());
  else
    print_line(std::to_string(checks_ - disagreeing_) + " of " + std::to_string(checks_) +
               " figures agree");
}

void test_unloaded(check_list& checks, std::string_view name,
                   const std::vector<std::uint32_t>& program_ids) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  const auto loaded = [&program_ids] {
    return static_cast<std::uint64_t>(
        std::count_if(program_ids.begin(), program_ids.end(), program_is_loaded));
  };
  while (loaded() > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(20ms);
  checks.compare(name, 0, loaded());
}

int run_self_test(const self_test_options& options) {
  check_call(unshare(CLONE_NEWNET), "make a network namespace");
  check_list checks(options.json);
  checks.print_header();
  test_packets(checks);
  test_processes(checks);
  checks.print_summary();
  return checks.all_agree() ? 0 : 1;
}

}  // namespace kernel_watch
