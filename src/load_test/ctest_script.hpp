// The tests that ctest sees.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load_test/load_run.hpp"

namespace ebpfkit::host {

// A keyword of ebpf_add_load_test() for some programs. `program` is "PROGRAM" or "OBJECT.PROGRAM".
struct expected_failure {
  std::string kernel;  // a kernel of the test, or "*"
  std::string program;
  std::string pattern;
};

struct load_test_description {
  std::string name;  // of ebpf_add_load_test()
  std::vector<std::string>
      run_command;   // what runs the test of one kernel, without --kernel, --results
  std::string tool;  // the ebpfkit that checks
  std::string results_directory;
  std::vector<std::string> kernels;
  std::vector<tested_object> objects;
  std::vector<tested_variant> variants;
  std::vector<std::string> variant_words;  // the same, as `load-test run` takes them
  std::vector<expected_failure> expected_failures;
  std::vector<std::string> optional;
  std::vector<std::string> needs_kernel_btf;
  std::vector<std::vector<std::string>> one_of;
  // Words for `load-test check`, by object: --max-instructions N, or --baseline FILE --tolerance N.
  std::vector<std::pair<std::string, std::vector<std::string>>> budgets;
  std::string fixture;  // that a machine needs; empty: none
  unsigned processors = 1;
  unsigned time_limit = 600;  // of a test in CTest, in seconds
};

// Returns a script for CTest's TEST_INCLUDE_FILES: for each kernel a test that runs it (a fixture),
// and for each program and kernel a test that looks at the results. Throws `failure` when a keyword
// names a program or kernel that is not there (with the nearest names).
std::string ctest_script(const load_test_description& description);

}  // namespace ebpfkit::host
