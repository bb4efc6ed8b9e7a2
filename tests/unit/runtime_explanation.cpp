// Explanations of rejected programs. The case inspect.verbose_load has a program for each kind on
// real kernels; here are logs of kernels that it does not boot, and texts that are no logs.
#include "errors/explanation.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "ebpfkit/error.hpp"

namespace ebpfkit::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* null_pointer_log = R"(0: R1=ctx() R10=fp0
; int key = 0; @ test.bpf.c:12
0: (b7) r1 = 0                        ; R1=0
; int *value = bpf_map_lookup_elem(&m, &key); @ test.bpf.c:13
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=m,ks=4,vs=4)
; return *value; @ test.bpf.c:14
7: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
)";

constexpr const char* report = R"(
Verification failed: Memory access: pointer may be NULL
Reason: R0 may be NULL here.
At: test.bpf.c:14
Causal path:
  6: (85) call bpf_map_lookup_elem#1
Suggestion: compare the pointer with NULL before the access
)";

TEST(runtime_explanation, values_tell_where_they_came_from) {
  const auto explained = explain_load({null_pointer_log, "", EACCES});
  EXPECT_EQ(explained.is, rejection::possibly_null);
  EXPECT_EQ(explained.cause, "R0 invalid mem access 'map_value_or_null'");
  const auto text = explanation_text(explained, "  ");
  EXPECT_THAT(text, HasSubstr("R0 is map_value_or_null(id=1,map=m,ks=4,vs=4)"));
  EXPECT_THAT(text, HasSubstr("from 6: call bpf_map_lookup_elem#1"));
  EXPECT_THAT(text, HasSubstr("int *value = bpf_map_lookup_elem(&m, &key); (test.bpf.c:13)"));
  EXPECT_THAT(text, HasSubstr("return *value; (test.bpf.c:14)"));
}

// Linux 7.3 explains the error itself, behind the log.
TEST(runtime_explanation, the_report_of_linux_7_3_is_kept) {
  const auto log = std::string(null_pointer_log) + report;
  const auto explained = explain_load({log, "", EACCES});
  EXPECT_EQ(explained.is, rejection::possibly_null);
  EXPECT_EQ(explained.cause, "R0 invalid mem access 'map_value_or_null'");
  const auto text = explanation_text(explained, "");
  for (const char* part : {"R0 may be NULL here.", "6: (85) call bpf_map_lookup_elem#1",
                           "compare the pointer with NULL before the access", "(possibly_null)"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(runtime_explanation, without_a_log_the_errno_counts) {
  EXPECT_EQ(explain_load({"", "", EPERM}).is, rejection::permission);
  EXPECT_EQ(explain_load({"", "", ENOMEM}).is, rejection::memory_limit);
  EXPECT_EQ(explain_load({"", "", EINVAL}).is, rejection::other);
}

TEST(runtime_explanation, messages_that_nobody_knows_stay) {
  const auto explained = explain_load(
      {"0: (b7) r0 = 0\na message of a later kernel\nprocessed 1 insns (limit 1000000)\n", "", 22});
  EXPECT_EQ(explained.is, rejection::other);
  EXPECT_EQ(explained.cause, "a message of a later kernel");
}

TEST(runtime_explanation, damaged_logs_are_no_crash) {
  const auto log = std::string(null_pointer_log) + report;
  std::mt19937 generator(1);
  for (int i = 0; i < 3000; ++i) {
    auto damaged = log.substr(generator() % log.size(), generator() % log.size());
    for (int changes = 0; changes < 5 && !damaged.empty(); ++changes)
      damaged[generator() % damaged.size()] = static_cast<char>(generator());
    explanation_text(explain_load({damaged, damaged, static_cast<int>(i % 40)}), "  ");
  }
}

TEST(runtime_explanation, an_error_explains_itself) {
  error failure;
  failure.operation = "load";
  failure.object = "program 'count'";
  failure.code = EACCES;
  failure.verifier_log = std::string(null_pointer_log) + "\x1b[2J";
  const auto text = failure.explain();
  EXPECT_THAT(text, HasSubstr("cannot load program 'count' on Linux "));
  EXPECT_THAT(text, HasSubstr("(possibly_null)"));
  EXPECT_THAT(text, HasSubstr("how to mend it:"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace ebpfkit::detail
