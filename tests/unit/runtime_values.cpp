// result, error and link without a kernel.
#include <errno.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

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

using owner = std::unique_ptr<int>;

ebpfkit::result<owner> seven() {
  return std::make_unique<int>(7);
}

ebpfkit::result<owner> no_owner() {
  return sample_error();
}

TEST(runtime_result, holds_a_value_that_can_only_be_moved) {
  auto result = seven();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(**result, 7);
  EXPECT_EQ(*result->get(), 7);
  // A temporary result gives its value away, a named one keeps it.
  const owner moved = seven().value();
  EXPECT_EQ(*moved, 7);
  EXPECT_EQ(*result.value(), 7);
  const owner taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
  EXPECT_EQ(result.value(), nullptr);
}

TEST(runtime_result, value_throws_the_error) {
  const ebpfkit::result<int> result(sample_error());
  EXPECT_FALSE(result);
  EXPECT_FALSE(result.has_value());
  try {
    static_cast<void>(result.value());
    FAIL() << "nothing was thrown";
  } catch (const ebpfkit::exception& problem) {
    EXPECT_EQ(problem.details().code, EPERM);
    EXPECT_EQ(std::string(problem.what()), sample_error().message());
  }
  EXPECT_THROW(static_cast<void>(no_owner().value()), ebpfkit::exception);
  EXPECT_THROW(ebpfkit::result<void>(sample_error()).value(), ebpfkit::exception);
  EXPECT_NO_THROW(ebpfkit::result<void>().value());
}

// The value of a temporary outlives it: value() and operator* of a temporary return by value.
TEST(runtime_result, values_of_temporaries_live_long_enough) {
  const auto names = [] {
    return ebpfkit::result<std::vector<std::string>>(
        {"a name that is too long to be stored within the string itself"});
  };
  for (const auto& name : names().value())
    EXPECT_EQ(name.size(), 61U);
  for (const auto& name : *names())
    EXPECT_EQ(name.size(), 61U);
  const auto& kept = names().value();
  EXPECT_EQ(kept.size(), 1U);
  const auto& failure = no_owner().error();
  EXPECT_EQ(failure.object, "program 'count'");
}

TEST(runtime_result, value_or) {
  EXPECT_EQ(ebpfkit::result<int>(1).value_or(2), 1);
  EXPECT_EQ(ebpfkit::result<int>(sample_error()).value_or(2), 2);
  EXPECT_EQ(no_owner().value_or(nullptr), nullptr);
  EXPECT_EQ(*seven().value_or(nullptr), 7);
  const ebpfkit::result<std::string> named(sample_error());
  EXPECT_EQ(named.value_or("none"), "none");
}

TEST(runtime_result, and_then_and_transform) {
  const auto half = [](int number) {
    return number % 2 == 0 ? ebpfkit::result<int>(number / 2) : sample_error();
  };
  const ebpfkit::result<int> six(6);
  EXPECT_EQ(six.and_then(half).value(), 3);
  EXPECT_EQ(six.and_then(half).and_then(half).error().code, EPERM);
  const auto number_of = [](owner number) { return *number; };
  EXPECT_EQ(seven().transform(number_of).value(), 7);
  EXPECT_EQ(no_owner().transform(number_of).error().code, EPERM);
  int calls = 0;
  const ebpfkit::result<void> counted = six.transform([&](int) { ++calls; });
  EXPECT_TRUE(counted);
  EXPECT_EQ(counted.transform([&] { return ++calls; }).value(), 2);
  EXPECT_EQ(counted.and_then([&] { return no_owner(); }).error().code, EPERM);
  EXPECT_FALSE(ebpfkit::result<void>(sample_error()).transform([&] { ++calls; }));
  EXPECT_EQ(calls, 2);
}

TEST(runtime_result, or_else) {
  const auto accept_no_right = [](const ebpfkit::error& failure) {
    return failure.code == EPERM ? ebpfkit::result<int>(0) : failure;
  };
  EXPECT_EQ(ebpfkit::result<int>(sample_error()).or_else(accept_no_right).value(), 0);
  EXPECT_EQ(ebpfkit::result<int>(5).or_else(accept_no_right).value(), 5);
  EXPECT_EQ(*no_owner().or_else([](const ebpfkit::error&) { return seven(); }).value(), 7);
  EXPECT_TRUE(ebpfkit::result<void>(sample_error()).or_else([](const ebpfkit::error&) {
    return ebpfkit::result<void>();
  }));
}

TEST(runtime_result, asking_for_what_is_not_there_ends_the_program) {
  EXPECT_DEATH(static_cast<void>(*ebpfkit::result<int>(sample_error())), "");
  EXPECT_DEATH(static_cast<void>(ebpfkit::result<int>(1).error()), "");
  EXPECT_DEATH(static_cast<void>(ebpfkit::result<void>().error()), "");
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

// Names in an object, and what the kernel and libbpf print of them, may be commands to a terminal.
TEST(runtime_error, message_has_no_controls) {
  ebpfkit::error failed;
  failed.operation = "load";
  failed.object = "program 'a\x1b[31m\x07\x7f'";
  failed.code = EINVAL;
  failed.verifier_log =
      "one\ttwo\r\nth\xc3\xa9 \xe2\x80\xae"
      "right\xe2\x81\xa6 \xc2\x9b"
      "31m\xe2\x80";
  EXPECT_EQ(failed.message(),
            "cannot load program 'a?[31m?\?': Invalid argument (EINVAL, 22)\n"
            "  The last lines of the verifier's log:\n    one\ttwo?\n    th\xc3\xa9 ???right??? "
            "??31m\xe2\x80");
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
