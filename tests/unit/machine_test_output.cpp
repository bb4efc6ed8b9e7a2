// Tests that programs tell in their output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/test_output.hpp"

namespace {

using namespace ebpfkit::host;
using testing::HasSubstr;

TEST(machine_test_output, tap_and_ktap) {
  const auto tests = read_subtests(
      "KTAP version 1\n1..2\n    ok 1 inner\nwhy\n    not ok 2 - broken # a comment\n"
      "ok 2 outer # SKIP not here\nnot ok 3 later # TODO\nok no number\nokay 4\n");
  ASSERT_EQ(tests.size(), 4U);
  EXPECT_EQ(tests[0].name, "inner");
  EXPECT_EQ(tests[1].name, "broken");
  EXPECT_EQ(tests[1].outcome, subtest_outcome::failed);
  EXPECT_EQ(tests[1].output, "why\n");
  EXPECT_EQ(tests[2].outcome, subtest_outcome::skipped);
  EXPECT_EQ(tests[3].outcome, subtest_outcome::skipped);
}

TEST(machine_test_output, googletest) {
  const auto tests = read_subtests(
      "[ RUN      ] a.b\nfile.cpp:1: Failure\n[  FAILED  ] a.b, where GetParam() = 1 (3 ms)\n"
      "[       OK ] a.c (0 ms)\n[  SKIPPED ] a.d (0 ms)\n[  FAILED  ] a.b, where GetParam() = 1\n");
  ASSERT_EQ(tests.size(), 3U);
  EXPECT_EQ(tests[0].name, "a.b");
  EXPECT_EQ(tests[0].output, "[ RUN      ] a.b\nfile.cpp:1: Failure\n");
  EXPECT_EQ(tests[1].outcome, subtest_outcome::passed);
}

TEST(machine_test_output, junit_escapes_what_programs_print) {
  const auto text = junit_text("a<b", {{"x\"&", subtest_outcome::failed, "<\x01\xff\n"}}, "");
  EXPECT_THAT(text, HasSubstr("name=\"a&lt;b\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("name=\"x&quot;&amp;\"><failure>&lt;?\n</failure>"));
  // A program without tests of its own that failed is one test.
  EXPECT_THAT(junit_text("suite", {}, "status 3"), HasSubstr("<failure>status 3</failure>"));
}

}  // namespace
