// result, error and link without a kernel.
#include <errno.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>

#include "ebpfkit/link.hpp"
#include "ebpfkit/object.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/ring_buffer.hpp"

namespace {

ebpfkit::error sample_error() {
  ebpfkit::error failure;
  failure.operation = "load";
  failure.object = "program 'count'";
  failure.code = EPERM;
  failure.remedy = "Run as root.";
  return failure;
}

static_assert(!std::is_copy_constructible_v<ebpfkit::link>);
static_assert(std::is_nothrow_move_constructible_v<ebpfkit::link>);
static_assert(!std::is_copy_constructible_v<ebpfkit::object>);
static_assert(std::is_nothrow_move_assignable_v<ebpfkit::object>);
static_assert(!std::is_copy_constructible_v<ebpfkit::ring_buffer>);
static_assert(std::is_nothrow_copy_constructible_v<ebpfkit::exception>);
static_assert(std::is_nothrow_copy_assignable_v<ebpfkit::exception>);

TEST(runtime_result, holds_a_value_that_can_only_be_moved) {
  ebpfkit::result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  ASSERT_TRUE(result);
  EXPECT_EQ(**result, 7);
  EXPECT_EQ(*result.take(), 7);
}

TEST(runtime_result, take_throws_the_error) {
  ebpfkit::result<int> result(sample_error());
  EXPECT_FALSE(result);
  try {
    static_cast<void>(result.take());
    FAIL() << "nothing was thrown";
  } catch (const ebpfkit::exception& problem) {
    EXPECT_EQ(problem.details().code, EPERM);
    EXPECT_EQ(std::string(problem.what()), sample_error().message());
  }
  EXPECT_THROW(ebpfkit::result<void>(sample_error()).take(), ebpfkit::exception);
  EXPECT_NO_THROW(ebpfkit::result<void>().take());
}

TEST(runtime_result, asking_for_what_is_not_there_ends_the_program) {
  EXPECT_DEATH(static_cast<void>(ebpfkit::result<int>(sample_error()).value()), "");
  EXPECT_DEATH(static_cast<void>(ebpfkit::result<int>(1).error()), "");
}

TEST(runtime_error, exceptions_share_their_details) {
  auto first = std::make_unique<ebpfkit::exception>(sample_error());
  ebpfkit::exception second(*first);
  EXPECT_EQ(&second.details(), &first->details());
  auto other = sample_error();
  other.code = ENOENT;
  ebpfkit::exception third(other);
  third = second;
  third = *&third;
  first.reset();
  second = ebpfkit::exception(other);
  EXPECT_EQ(second.details().code, ENOENT);
  EXPECT_EQ(third.details().object, "program 'count'");
  EXPECT_EQ(third.what(), sample_error().message());
}

TEST(runtime_error, message_has_everything) {
  EXPECT_EQ(sample_error().message(),
            "cannot load program 'count': Operation not permitted (EPERM, 1)\n  Run as root.");
}

TEST(runtime_error, message_shows_the_logs_last_lines) {
  auto failure = sample_error();
  for (int line = 0; line < 100; ++line)
    failure.verifier_log += "line " + std::to_string(line) + "\n";
  const auto message = failure.message();
  EXPECT_EQ(message.find("line 87\n"), std::string::npos);
  EXPECT_NE(message.find("line 88\n"), std::string::npos);
  EXPECT_NE(message.find("line 99\n"), std::string::npos);
}

TEST(runtime_error, numbers_without_a_name) {
  auto failure = sample_error();
  failure.code = 524;
  EXPECT_NE(failure.message().find("ENOTSUPP, 524"), std::string::npos);
  failure.code = 4003;
  EXPECT_NE(failure.message().find("4003"), std::string::npos);
}

TEST(runtime_link, empty_links_do_nothing) {
  ebpfkit::link first;
  ebpfkit::link second(std::move(first));
  second = ebpfkit::link();
  second.detach();
  EXPECT_FALSE(second);
  EXPECT_EQ(second.release(), nullptr);
}

}  // namespace
