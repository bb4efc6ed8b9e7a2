// States of registers and figures of complaints, in plain words. The texts are those of kernels
// from 5.10 to 7.0. The case inspect.verbose_load has them from real kernels.
#include "errors/register_words.hpp"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>
#include <utility>

#include "errors/complaint_words.hpp"
#include "errors/explanation.hpp"

namespace ebpfkit::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(runtime_register_words, numbers) {
  for (const auto& [state, words] : {
           std::pair("scalar()", "any number: nothing limits it"),
           std::pair("inv(id=0)", "any number: nothing limits it"),
           std::pair("scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))",
                     "a number from 0 to 4294967295 (any of 32 bits)"),
           std::pair("inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff))",
                     "a number from 0 to 4294967295 (any of 32 bits)"),
           std::pair("scalar(smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=128,"
                     "var_off=(0x0; 0xff))",
                     "a number from 1 to 128"),
           std::pair("inv(id=3,umin_value=1,umax_value=128,var_off=(0x0; 0xff))",
                     "a number from 1 to 128"),
           std::pair("scalar(id=1,smin=smin32=-4095,smax=smax32=64)",
                     "a number from -4095 to 64: it may be negative"),
           std::pair("scalar(smin=0xffffffff80000000,smax=0x7fffffff)",
                     "a number from -2147483648 to 2147483647: it may be negative"),
           std::pair("scalar(smax=7)",
                     "a number of at most 7: it may be negative, without a limit"),
           std::pair("inv(id=0,smax_value=7)",
                     "a number of at most 7: it may be negative, without a limit"),
           std::pair("scalar(umin=9)", "a number of at least 9 (unsigned), without an upper limit"),
           std::pair("scalar(smax=0x7ffffffffffffff8,umax=0xfffffffffffffff8)",
                     "any number: nothing limits it"),
           std::pair("5", ""),
           std::pair("inv5", ""),
           std::pair("invP0", ""),
           std::pair("Pscalar(umax=3)", "a number from 0 to 3"),
       })
    EXPECT_EQ(words_of_state(state), words) << state;
}

TEST(runtime_register_words, pointers) {
  for (const auto& [state, words] : {
           std::pair("ctx()", "the context, the program's first argument"),
           std::pair("ctx(id=0,off=8,imm=0)", "byte 8 of the context"),
           std::pair("map_value(map=counts,ks=4,vs=8)",
                     "byte 0 of the value of map 'counts', which has 8 bytes"),
           std::pair("map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)",
                     "byte 0 of the value of a map, which has 8 bytes, or NULL: not compared yet"),
           std::pair("map_value(map=table,ks=4,vs=128,smin=smin32=0,smax=umax=smax32=umax32=128,"
                     "var_off=(0x0; 0xf8))",
                     "a byte from 0 to 128 of the value of map 'table', which has 128 bytes"),
           std::pair("map_value(id=0,off=4,ks=4,vs=128,umax_value=124,var_off=(0x0; 0x7c))",
                     "a byte from 4 to 128 of the value of a map, which has 128 bytes"),
           // Linux 5.10 prints this number with hexadecimal digits.
           std::pair("map_value(id=0,off=0,ks=4,vs=128,imm=10)",
                     "byte 16 of the value of a map, which has 128 bytes"),
           std::pair("map_ptr(map=rows,ks=4,vs=8)", "map 'rows' itself, not one of its values"),
           std::pair("pkt(off=14,r=34)",
                     "byte 14 of the packet; 20 bytes from there on were compared with data_end"),
           std::pair("pkt(id=0,off=0,r=0,imm=0)",
                     "byte 0 of the packet; nothing from there on was then compared with data_end"),
           // Linux 7.1 has no off=.
           std::pair("pkt(r=34,imm=14)",
                     "byte 14 of the packet; 20 bytes from there on were compared with data_end"),
           std::pair("pkt(id=1,r=94,smin=umin=14,smax=umax=74,var_off=(0x2; 0x7c))",
                     "a byte from 14 to 74 of the packet; some bytes from there on were compared "
                     "with data_end"),
           std::pair(
               "pkt(id=1,off=14,r=34,umax=60,var_off=(0x0; 0x3c))",
               "a byte from 14 to 74 of the packet; 20 bytes from there on were compared with "
               "data_end"),
           std::pair("pkt_end()", "data_end, the end of the packet"),
           std::pair("fp-8", "an address on the stack, 8 bytes below its top"),
           std::pair("fp0", "the top of the stack"),
           std::pair("fp(off=-32,smin=smin32=0,smax=umax=smax32=umax32=63,var_off=(0x0; 0x3f))",
                     "a byte from -32 to 31 of the stack, which has the bytes -512 to -1"),
           std::pair("ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=68)",
                     "a record of a ring buffer, which has 68 bytes, or NULL: not compared yet"),
           std::pair("trusted_ptr_task_struct()",
                     "a pointer to the kernel's task_struct, which is trusted"),
           std::pair("untrusted_ptr_task_struct(off=8)",
                     "a pointer to the kernel's task_struct, which is not trusted"),
           std::pair("ptr_or_null_task_struct(id=2)",
                     "a pointer to the kernel's task_struct, or NULL: not compared yet"),
           std::pair("something_new()", ""),
           std::pair("", ""),
       })
    EXPECT_EQ(words_of_state(state), words) << state;
}

TEST(runtime_register_words, complaints_about_bounds) {
  EXPECT_EQ(words_of_bounds("invalid access to map value, value_size=64 off=60 size=8", false),
            "The program accesses the bytes 60 to 67. The memory has the bytes 0 to 63.");
  EXPECT_EQ(words_of_bounds("invalid access to memory, mem_size=4 off=-1 size=1", true),
            "The helper accesses byte -1. The memory has the bytes 0 to 3.");
  EXPECT_EQ(words_of_bounds("invalid access to packet, off=23 size=1, R1(id=0,off=23,r=14)", false),
            "The program accesses byte 23 of the packet, and has compared the first 14 bytes with "
            "data_end. The comparison needs at least 24 bytes.");
  EXPECT_EQ(
      words_of_bounds("invalid access to packet, off=16 size=2, R2(id=1,off=16,r=0)", false),
      "A number that is not constant was added to the pointer. Since then nothing was compared "
      "with data_end. Compare the end of the access after the addition.");
  // Linux 7.0 and 7.1 count from different places.
  for (const char* complaint : {"invalid access to packet, off=54 size=1, R2(id=1,off=54,r=34)",
                                "invalid access to packet, off=114 size=1, R2(id=1,off=114,r=94)"})
    EXPECT_THAT(words_of_bounds(complaint, false),
                HasSubstr("The access ends 21 bytes behind what was compared with data_end"));
  EXPECT_EQ(words_of_bounds("R2 !read_ok", false), "");
  EXPECT_EQ(words_of_bounds("invalid access to map value, value_size=64 off= size=", false), "");
}

// The bounds are no error here: the words must not look like one.
TEST(runtime_register_words, complaints_about_what_lies_there) {
  EXPECT_EQ(
      words_of_unwritten("invalid read from stack R10 off=-16 size=8", false),
      "The program reads the bytes -16 to -9 of the stack, and has not written all of them on "
      "this path.");
  EXPECT_EQ(words_of_unwritten("invalid indirect read from stack R2 off -16+4 size 8", true),
            "The helper reads the bytes -16 to -9 of the stack. Nothing on this path has written "
            "byte -12.");
  EXPECT_EQ(words_of_unwritten("invalid read from stack R2 off -16+9 size 8", true), "");
  EXPECT_EQ(words_of_unwritten("R2 !read_ok", false), "");
  EXPECT_EQ(words_of_read_only("write into map forbidden, value_size=8 off=4 size=4"),
            "The program writes the bytes 4 to 7 of memory that it may only read.");
  EXPECT_EQ(words_of_read_only("R1 cannot write into rdonly_mem"), "");
}

TEST(runtime_register_words, accesses_that_leave_the_stack) {
  for (const char* complaint :
       {"invalid read from stack R2 off=-4 size=68", "invalid stack type R2 off=-4 access_size=68",
        "invalid indirect access to stack R2 off=-4 size=68"})
    EXPECT_TRUE(is_beyond_stack(complaint)) << complaint;
  EXPECT_FALSE(is_beyond_stack("invalid read from stack R10 off=-16 size=8"));
  EXPECT_TRUE(is_below_stack("invalid read from stack R10 off=-520 size=8"));
  EXPECT_FALSE(is_below_stack("invalid read from stack R10 off=-16 size=8"));
}

TEST(runtime_register_words, any_text_is_accepted) {
  std::mt19937 generator(1);
  const std::string parts[] = {"map_value(",
                               "off=",
                               "-9223372036854775808",
                               ",",
                               "imm=0x",
                               "smin=",
                               "umax=",
                               "ffffffffffffffff",
                               ")",
                               "r=",
                               "pkt(",
                               " size=",
                               "id=0",
                               "fp",
                               "value_size="};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int part = 0; part < 8; ++part)
      text += parts[generator() % std::size(parts)];
    words_of_state(text);
    words_of_bounds(text, i % 2 == 0);
    is_beyond_stack(text);
    is_below_stack(text);
    words_of_unwritten(text, i % 2 == 0);
    words_of_read_only(text);
    access_figures access;
    read_access(text, access);
  }
}

// Only a pointer that a call made invalid has such a call; a number never was a pointer.
TEST(runtime_register_words, what_made_a_pointer_useless) {
  const std::string begin = R"(0: R1=ctx() R10=fp0
; unsigned* place = (void*)(long)context->data; @ test.bpf.c:3
0: (61) r6 = *(u32 *)(r1 +0)          ; R1=ctx() R6=)";
  const std::string end = R"(
; bpf_xdp_adjust_head(context, 4); @ test.bpf.c:4
1: (b7) r2 = 4                        ; R2=4
2: (85) call bpf_xdp_adjust_head#44   ; R0=scalar()
; return *place; @ test.bpf.c:5
3: (61) r0 = *(u32 *)(r6 +0)
R6 invalid mem access 'scalar'
)";
  const auto of_packet = explanation_text(explain_load({begin + "pkt(r=0)" + end, "", EACCES}), "");
  EXPECT_THAT(of_packet, HasSubstr("what made R6 useless"));
  EXPECT_THAT(of_packet, HasSubstr("bpf_xdp_adjust_head(context, 4); (test.bpf.c:4)"));
  EXPECT_THAT(of_packet, HasSubstr("read data and data_end from the context again"));
  const auto of_number = explanation_text(explain_load({begin + "scalar()" + end, "", EACCES}), "");
  EXPECT_THAT(of_number, Not(HasSubstr("what made R6 useless")));
}

// Linux 5.10 shows states after branches only.
TEST(runtime_register_words, what_made_a_pointer_useless_on_old_kernels) {
  const auto text = explanation_text(explain_load({R"(1: (61) r6 = *(u32 *)(r1 +0)
5: (2d) if r3 > r2 goto pc+9
 R0_w=inv2 R1=ctx(id=0,off=0,imm=0) R2_w=pkt_end(id=0,off=0,imm=0) R6_w=pkt(id=0,off=0,r=14,imm=0) R10=fp0
; if (bpf_xdp_adjust_head(context, -4))
7: (85) call bpf_xdp_adjust_head#44
10: (55) if r1 != 0x0 goto pc+4
 R0_w=inv1 R1_w=inv0 R6=inv(id=0) R10=fp0
; frame->h_proto = 0;
12: (73) *(u8 *)(r6 +13) = r1
R6 invalid mem access 'inv'
)",
                                                   "", EACCES}),
                                     "");
  EXPECT_THAT(text, HasSubstr("what made R6 useless"));
  EXPECT_THAT(text, HasSubstr("from 7: call bpf_xdp_adjust_head#44"));
}

// The pointer waited on the stack.
TEST(runtime_register_words, a_useless_pointer_from_the_stack) {
  const auto text = explanation_text(explain_load({R"(0: R1=ctx() R10=fp0
0: (61) r6 = *(u32 *)(r1 +0)          ; R1=ctx() R6=pkt(r=0)
1: (7b) *(u64 *)(r10 -8) = r6         ; R6=pkt(r=0) R10=fp0 fp-8=pkt(r=0)
2: (85) call bpf_xdp_adjust_head#44   ; R0=scalar()
3: (79) r2 = *(u64 *)(r10 -8)         ; R2=scalar() R10=fp0 fp-8=mmmmmmmm
4: (61) r0 = *(u32 *)(r2 +0)
R2 invalid mem access 'scalar'
)",
                                                   "", EACCES}),
                                     "");
  EXPECT_THAT(text, HasSubstr("what made R2 useless"));
  EXPECT_THAT(text, HasSubstr("from 2: call bpf_xdp_adjust_head#44"));
}

// Some messages of the kernel lack the line break.
TEST(runtime_register_words, statistics_are_no_part_of_the_cause) {
  EXPECT_EQ(explain_load({"3: (85) call bpf_tail_call#12\nexpected prog array map for tail "
                          "callverification time 59 usec\n",
                          "", EINVAL})
                .cause,
            "expected prog array map for tail call");
}

}  // namespace
}  // namespace ebpfkit::detail
