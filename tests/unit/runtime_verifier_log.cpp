// Reading the verifier's logs, as several kernels write them.
#include "errors/verifier_log.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::detail {
namespace {

constexpr const char* log_of_6_18 = R"(0: R1=ctx() R10=fp0
; __u32 key = 0; @ test.bpf.c:12
0: (b7) r1 = 0                        ; R1=0
1: (63) *(u32 *)(r10 -4) = r1         ; R1=0 R10=fp0 fp-8=0000????
; return *value; @ test.bpf.c:14
7: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
)";

TEST(runtime_verifier_log, cause_with_source_line_and_place) {
  const auto cause = find_cause(log_of_6_18);
  EXPECT_EQ(cause.reason, "R0 invalid mem access 'map_value_or_null'");
  EXPECT_EQ(cause.source, "return *value; (test.bpf.c:14)");
  EXPECT_EQ(cause.instruction, "7: (79) r0 = *(u64 *)(r0 +0)");
  EXPECT_EQ(cause.suggestion, "");
}

// Linux 7.3 prints a report behind the log.
TEST(runtime_verifier_log, report_behind_the_log) {
  const auto cause = find_cause(std::string(log_of_6_18) + R"(
Verification failed: Memory access: pointer may be NULL
Reason: R0 may be NULL here.
At: test.bpf.c:14
Instruction context:
  >>> 7 | (79) r0 = *(u64 *)(r0 +0)
Causal path:
  6: (85) call bpf_map_lookup_elem#1
Suggestion: compare the pointer with NULL before the access
)");
  EXPECT_EQ(cause.reason, "R0 invalid mem access 'map_value_or_null'");
  EXPECT_EQ(cause.source, "return *value; (test.bpf.c:14)");
  EXPECT_EQ(cause.instruction, "7: (79) r0 = *(u64 *)(r0 +0)");
  EXPECT_EQ(cause.suggestion, "compare the pointer with NULL before the access");
  EXPECT_EQ(find_cause(std::string(log_of_6_18) + "\nVerification failed: x\nSuggestion:\n  y\n")
                .suggestion,
            "y");
}

TEST(runtime_verifier_log, old_kernels_do_not_tell_the_place) {
  const auto cause = find_cause(
      "; int *value = bpf_map_lookup_elem(&m, &key);\n0: (85) call bpf_map_lookup_elem#1\n"
      "R1 type=ctx expected=map_ptr\nverification time 60 usec\nstack depth 0\n"
      "processed 1 insns (limit 1000000) max_states_per_insn 0\n");
  EXPECT_EQ(cause.reason, "R1 type=ctx expected=map_ptr");
  EXPECT_EQ(cause.source, "int *value = bpf_map_lookup_elem(&m, &key);");
  EXPECT_EQ(cause.instruction, "0: (85) call bpf_map_lookup_elem#1");
}

TEST(runtime_verifier_log, relocation_that_libbpf_poisoned) {
  const auto cause = find_cause(
      "; return BPF_CORE_READ(task, gone); @ a.c:3\n4: <invalid CO-RE relocation>\n"
      "failed to resolve CO-RE relocation <byte_off> [7] struct task_struct.gone (0:1 @ offset 8)\n"
      "processed 5 insns (limit 1000000)\n");
  EXPECT_EQ(cause.reason,
            "failed to resolve CO-RE relocation <byte_off> [7] struct task_struct.gone (0:1 @ "
            "offset 8)");
  EXPECT_EQ(cause.instruction, "4: <invalid CO-RE relocation>");
  EXPECT_EQ(cause.source, "return BPF_CORE_READ(task, gone); (a.c:3)");
}

TEST(runtime_verifier_log, reasons_without_an_instruction) {
  EXPECT_EQ(find_cause("func#0 @0\nunreachable insn 5\n").reason, "unreachable insn 5");
  EXPECT_EQ(find_cause("from 3 to 5: R0=0\nBPF program is too large. Processed 1000001 insn\n"
                       "processed 1000001 insns (limit 1000000)\n")
                .reason,
            "BPF program is too large. Processed 1000001 insn");
}

TEST(runtime_verifier_log, whatever_the_text_is) {
  for (std::size_t end = 0; end <= std::string(log_of_6_18).size(); ++end)
    static_cast<void>(find_cause(std::string(log_of_6_18).substr(0, end)));
  for (const char* text : {"", "\n", "\n\n", ";", "; ", " @ ", "; @ ", ":", "7: (", "\xff\n\xfe"})
    static_cast<void>(find_cause(text));
  EXPECT_EQ(find_cause("").reason, "");
}

TEST(runtime_verifier_log, output_without_the_logs) {
  EXPECT_EQ(without_program_logs(""), "");
  EXPECT_EQ(without_program_logs("libbpf: one\nlibbpf: two"), "libbpf: one\nlibbpf: two");
  EXPECT_EQ(
      without_program_logs("libbpf: one\nlibbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n0: (b7) "
                           "r0 = 0\n-- END PROG LOAD LOG --\nlibbpf: two\n"
                           "-- BEGIN PROG LOAD LOG --\nunended"),
      "libbpf: one\nlibbpf: two\n");
}

TEST(runtime_verifier_log, precision_is_no_reason) {
  EXPECT_EQ(
      find_cause("0: (b7) r0 = 0\n1: (95) exit\nmark_precise: frame0: last_idx 1 first_idx 0\n"
                 "mark_precise: frame0: regs=r0 stack= before 0: (b7) r0 = 0\n"
                 "last_idx 1 first_idx 0\nregs=1 stack=0 before 0: (b7) r0 = 0\n"
                 "processed 2 insns (limit 1000000)\n")
          .reason,
      "");
}

TEST(runtime_verifier_log, each_program_has_its_own) {
  const std::string printed =
      "libbpf: prog 'first': -- BEGIN PROG LOAD LOG --\none\n-- END PROG LOAD LOG --\n"
      "libbpf: prog 'second': BPF program load failed: Permission denied\n"
      "libbpf: prog 'second': -- BEGIN PROG LOAD LOG --\ntwo\nthree\n-- END PROG LOAD LOG --\n"
      "-- BEGIN PROG LOAD LOG --\nunended";
  std::vector<std::pair<std::string, std::string>> logs;
  std::string_view rest = printed;
  for (program_log each; take_program_log(rest, each);)
    logs.emplace_back(each.program, each.log);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"first", "one\n"}, {"second", "two\nthree\n"}, {"", "unended"}};
  EXPECT_EQ(logs, expected);
}

}  // namespace
}  // namespace ebpfkit::detail
