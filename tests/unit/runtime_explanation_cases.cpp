// What explanations say where the general words for a kind do not fit. The logs are those of the
// wrong programs of tests/inspect/verbose_load.
#include "errors/explanation_cases.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "errors/explanation.hpp"
#include "errors/rejection.hpp"

namespace ebpfkit::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(std::string_view log, std::string_view libbpf_log = {}, int code = EINVAL) {
  auto text = explanation_text(explain_load({log, libbpf_log, code}), "");
  // Lines are broken anywhere.
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(std::unique(text.begin(), text.end(),
                         [](char left, char right) { return left == ' ' && right == ' '; }),
             text.end());
  return text;
}

constexpr const char* signed_index_log = R"(0: R1=ctx() R10=fp0
; long* row = bpf_map_lookup_elem(&rows, &key); @ asked.bpf.c:112
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=rows,ks=4,vs=64)
7: (bf) r6 = r0                       ; R0=map_value(map=rows,ks=4,vs=64) R6=map_value(map=rows,ks=4,vs=64)
; long index = bpf_ktime_get_ns(); @ asked.bpf.c:115
9: (85) call bpf_ktime_get_ns#5       ; R0=scalar()
; if (index < 8) @ asked.bpf.c:116
10: (65) if r0 s> 0x7 goto pc+5       ; R0=scalar(smax=7)
; row[index]++; @ asked.bpf.c:117
11: (67) r0 <<= 3                     ; R0=scalar(smax=0x7ffffffffffffff8,umax=0xfffffffffffffff8,var_off=(0x0; 0xfffffffffffffff8))
12: (0f) r6 += r0
math between map_value pointer and register with unbounded min value is not allowed
)";

// The number that is added comes first. What R0 was when R6 got its value is no value of the
// number, and stands in the same line of the source as R6.
TEST(runtime_explanation_cases, values_stand_in_the_order_of_the_path) {
  const auto text = text_of(signed_index_log);
  const auto number = text.find("R0 is scalar(smax=0x7ff");
  const auto earlier = text.find("before that, R0 was scalar(smax=7)");
  const auto pointer = text.find("R6 is map_value(map=rows");
  ASSERT_NE(number, std::string::npos) << text;
  ASSERT_NE(pointer, std::string::npos) << text;
  EXPECT_LT(number, earlier);
  EXPECT_LT(earlier, pointer);
  EXPECT_THAT(text, Not(HasSubstr("map_value_or_null")));
  // A number that is shifted to the left has a largest value, but no limit.
  EXPECT_THAT(text, Not(HasSubstr("at most 9223372036854775800")));
}

TEST(runtime_explanation_cases, a_number_without_a_lower_limit) {
  const auto explained = explain_load({signed_index_log, "", EINVAL});
  EXPECT_TRUE(explained.hint_is_remedy);
  EXPECT_THAT(explained.hint, HasSubstr("it may be negative. Make the variable unsigned"));
  const auto unlimited = explain_load({R"(9: (85) call bpf_ktime_get_ns#5       ; R0=scalar()
10: (0f) r7 += r0
math between map_value pointer and register with unbounded min value is not allowed
)",
                                       "", EINVAL});
  EXPECT_FALSE(unlimited.hint_is_remedy);
}

// Without lines of the source, nothing tells which steps belong together.
TEST(runtime_explanation_cases, all_steps_are_shown_without_lines) {
  const auto text = text_of(R"(0: (61) r2 = *(u32 *)(r1 +0)          ; R2=scalar(umax=0xffffffff)
1: (57) r2 &= 63                      ; R2=scalar(umax=63,var_off=(0x0; 0x3f))
5: (85) call bpf_ringbuf_reserve#131
R2 is not a known constant'
)");
  EXPECT_THAT(text, HasSubstr("from 1: r2 &= 63"));
  EXPECT_THAT(text, HasSubstr("before that, R2 was scalar(umax=0xffffffff)"));
  EXPECT_THAT(text, HasSubstr("how to mend it: This helper takes a size that is a constant"));
  EXPECT_THAT(text, Not(HasSubstr("size == 0")));
}

std::string access_log(std::string_view state, std::string_view complaint) {
  return std::string("5: (0f) r2 += r1                      ; R2=") + std::string(state) +
         "\n6: (79) r1 = *(u64 *)(r2 +0)\n" + std::string(complaint) + "\n";
}

TEST(runtime_explanation_cases, places_in_memory) {
  constexpr const char* variable = "map_value(ks=4,vs=128,umax=128,var_off=(0x0; 0xf8))";
  EXPECT_THAT(text_of(access_log(variable,
                                 "invalid access to map value, value_size=128 off=128 size=8\nR2 "
                                 "max value is outside of the allowed memory range")),
              HasSubstr("lets one element too many through"));
  EXPECT_THAT(text_of(access_log(variable,
                                 "invalid access to map value, value_size=128 off=800 size=8\nR2 "
                                 "max value is outside of the allowed memory range")),
              HasSubstr("The last place where 8 bytes fit is byte 120"));
  constexpr const char* constant = "map_value(off=0,ks=4,vs=128)";
  EXPECT_THAT(text_of(access_log(constant,
                                 "invalid access to map value, value_size=128 off=128 size=8\nR2 "
                                 "min value is outside of the allowed memory range")),
              HasSubstr("how to mend it: The place is a constant, and lies behind the end."));
  EXPECT_THAT(text_of(access_log(constant,
                                 "invalid access to map value, value_size=128 off=-8 size=8\nR2 "
                                 "min value is outside of the allowed memory range")),
              HasSubstr("lies before the memory"));
  EXPECT_THAT(
      text_of("15: (85) call bpf_skb_load_bytes#26\ninvalid access to map value, "
              "value_size=64 off=16 size=128\nR3 min value is outside of the allowed memory "
              "range\n"),
      HasSubstr("accesses up to 128 bytes, and from byte 16 on the memory has 48. If the "
                "call has a size, limit it just before the call: `if (size > 48)"));
}

TEST(runtime_explanation_cases, writes_to_memory_that_is_read_only) {
  const auto text =
      text_of(R"(0: (18) r1 = 0xffffc900008d8000       ; R1_w=map_value(off=0,ks=4,vs=4,imm=0)
2: (b4) w2 = 2                        ; R2_w=2
3: (63) *(u32 *)(r1 +0) = r2
write into map forbidden, value_size=4 off=0 size=4
)");
  EXPECT_THAT(text, HasSubstr("The program writes the bytes 0 to 3 of memory that it may only"));
  EXPECT_THAT(text, HasSubstr("R1 is map_value("));
  // What it writes does not matter.
  EXPECT_THAT(text, Not(HasSubstr("R2 is 2")));
}

TEST(runtime_explanation_cases, variables_on_the_stack_that_are_too_small) {
  const auto text = text_of(R"(1: (63) *(u32 *)(r10 -4) = r6         ; R6=1 R10=fp0 fp-8=mmmm????
2: (bf) r2 = r10                      ; R2=fp0 R10=fp0
3: (07) r2 += -4                      ; R2=fp-4
6: (85) call bpf_map_lookup_elem#1
invalid read from stack R2 off=-4 size=68
)");
  EXPECT_THAT(text, HasSubstr("how to mend it: The variable is smaller than what the helper"));
  // The address says it all: not what lies there, and not how it was computed.
  EXPECT_THAT(text, HasSubstr("R2 is fp-4"));
  EXPECT_THAT(text, Not(HasSubstr("R6 is 1")));
  EXPECT_THAT(text, Not(HasSubstr("fp0")));
}

TEST(runtime_explanation_cases, indexes_into_the_stack) {
  const auto text =
      text_of(R"(9: (0f) r2 += r1                      ; R2=fp(off=-32,umax=63,var_off=(0x0; 0x3f))
10: (71) r0 = *(u8 *)(r2 +0)
invalid variable-offset read from stack R2 var_off=(0x0; 0x3f) off=-32 size=1
)");
  EXPECT_THAT(text, HasSubstr("how to mend it: An index decides which byte of the stack it is"));
  EXPECT_THAT(
      text_of("0: (7b) *(u64 *)(r10 -520) = r1\ninvalid write to stack R10 off=-520 size=8\n"),
      HasSubstr("how to mend it: Move large variables"));
}

TEST(runtime_explanation_cases, shares_of_the_stack) {
  EXPECT_THAT(
      text_of("combined stack size of 2 calls is 640. Too large\nverification time 0 "
              "usec\nstack depth 304+304\nprocessed 8 insns (limit 1000000)\n"),
      HasSubstr("Bytes of stack: 304 of the program itself, and 304 of the function that it "
                "calls. This kernel rounds each up to a multiple of 32: 640 together."));
  const auto exact = text_of(
      "combined stack size of 3 calls is 608. Too large\nverification time 0 usec\nstack depth "
      "304+104+200\nprocessed 8 insns (limit 1000000)\n");
  EXPECT_THAT(exact,
              HasSubstr("and 104, 200 of the functions that it calls, in the order of the code."));
  EXPECT_THAT(exact, Not(HasSubstr("rounds")));
  for (const char* log : {"combined stack size of 2 calls is 640. Too large\n",
                          "combined stack size of 2 calls is 640. Too large\nstack depth 304\n",
                          "combined stack size of 2 calls is 640. Too large\nstack depth \n"})
    EXPECT_EQ(explain_load({log, "", EACCES}).figures, "") << log;
}

TEST(runtime_explanation_cases, tail_calls_through_other_maps) {
  for (const char* message : {"expected prog array map for tail callverification time 34 usec",
                              "kernel subsystem misconfigured verifier"})
    EXPECT_THAT(text_of(std::string("3: (85) call bpf_tail_call#12\n") + message + "\n"),
                HasSubstr("Declare a map with `__uint(type, BPF_MAP_TYPE_PROG_ARRAY);`"));
}

// Older kernels say it as if no program of this type could call the helper.
TEST(runtime_explanation_cases, a_helper_that_sleeps) {
  for (const char* message : {"unknown func bpf_copy_from_user#148",
                              "program of this type cannot use helper bpf_copy_from_user#148",
                              "helper call might sleep in a non-sleepable prog"}) {
    const auto log = std::string("4: (85) call bpf_copy_from_user#148\n") + message + "\n";
    const auto explained = explain_load({log, "", EINVAL});
    EXPECT_EQ(explained.is, rejection::sleep_or_rcu) << message;
    EXPECT_TRUE(explained.hint_is_remedy) << message;
    EXPECT_THAT(explained.hint, HasSubstr("bpf_probe_read_user() in its place"));
  }
}

struct section_case {
  const char* log;
  const char* remedy;
};

TEST(runtime_explanation_cases, sections_of_rcu_and_preemption) {
  for (const auto& [log, remedy] : {
           section_case{"7: (85) call bpf_copy_from_user#148\nsleepable helper "
                        "bpf_copy_from_user#148 in rcu_read_lock region\n",
                        "Move the call before the first or behind the second"},
           section_case{"2: (95) exit\nbpf_rcu_read_unlock is missing\n",
                        "Call bpf_rcu_read_unlock() on every path"},
           section_case{"2: (95) exit\nBPF_EXIT instruction in main prog cannot be used inside "
                        "bpf_rcu_read_lock-ed region\n",
                        "Call bpf_rcu_read_unlock() on every path"},
           section_case{"2: (95) exit\nBPF_EXIT instruction in main prog cannot be used inside "
                        "bpf_preempt_disable-ed region\n",
                        "Call bpf_preempt_enable() on every path"},
           section_case{"1: (85) call bpf_rcu_read_unlock#1\nunmatched rcu read unlock (kernel "
                        "function bpf_rcu_read_unlock)\n",
                        "call bpf_rcu_read_lock() before it on every path"},
           section_case{"1: (85) call bpf_rcu_read_lock#1\nnested rcu read lock (kernel function "
                        "bpf_rcu_read_lock)\n",
                        "call bpf_rcu_read_unlock() before the next"},
       }) {
    const auto explained = explain_load({log, "", EINVAL});
    EXPECT_EQ(explained.is, rejection::sleep_or_rcu) << log;
    EXPECT_TRUE(explained.hint_is_remedy) << log;
    EXPECT_THAT(explained.hint, HasSubstr(remedy)) << log;
  }
}

TEST(runtime_explanation_cases, a_map_that_no_limit_allows) {
  const auto explained = explain_load(
      {"", "libbpf: map 'huge': failed to create: Argument list too long(-7)\n", E2BIG});
  EXPECT_EQ(explained.is, rejection::memory_limit);
  EXPECT_TRUE(explained.hint_is_remedy);
  EXPECT_THAT(explained.hint, HasSubstr("make max_entries or the value smaller"));
}

constexpr const char* refused_program =
    "libbpf: prog 'sleeps': BPF program load failed: Operation not permitted\n"
    "libbpf: permission error while running as root; try raising 'ulimit -l'? current value: 8.0 "
    "MiB\n"
    "libbpf: prog 'sleeps': failed to load: -1\n";

TEST(runtime_explanation_cases, programs_that_the_verifier_did_not_see) {
  const auto unseen = explain_load({"", refused_program, EPERM});
  EXPECT_EQ(unseen.is, rejection::permission);
  EXPECT_TRUE(unseen.is_unseen);
  const auto text = text_of("", refused_program, EPERM);
  EXPECT_THAT(text, HasSubstr("before the verifier looked at it"));
  EXPECT_THAT(text,
              HasSubstr("how to mend it: This kernel allows such a program not even to root"));
  EXPECT_THAT(text, Not(HasSubstr("Run as root")));
  // Without root, the rights are the remedy.
  const auto no_root = text_of(
      "", "libbpf: prog 'sleeps': BPF program load failed: Operation not permitted\n", EPERM);
  EXPECT_THAT(no_root, HasSubstr("before the verifier looked at it"));
  EXPECT_THAT(no_root, HasSubstr("how to mend it: Run as root"));
  // It does not stop at a program.
  const auto no_program =
      explain_load({"", "libbpf: Error in bpf_object__probe_loading(): ...\n", EPERM});
  EXPECT_FALSE(no_program.is_unseen);
}

}  // namespace
}  // namespace ebpfkit::detail
