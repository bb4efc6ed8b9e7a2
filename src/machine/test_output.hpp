// Tests that a program tells in its output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

enum class subtest_outcome { passed, failed, skipped };

struct subtest {
  std::string name;
  subtest_outcome outcome = subtest_outcome::passed;
  std::string output;  // of a test that failed: the lines before its result
};

// Reads lines of TAP ("ok 1 - name", "not ok 2 name # SKIP reason"), KTAP (the same, also indented)
// and GoogleTest ("[       OK ] Suite.Name"). Other lines are output.
std::vector<subtest> read_subtests(std::string_view output);

// Returns JUnit's XML with one testcase for each, or with one for the whole program when there is
// none.
std::string junit_text(const std::string& suite, const std::vector<subtest>& tests,
                       const std::string& failure_text);

}  // namespace ebpfkit::host
