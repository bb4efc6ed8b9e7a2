#ifndef PROFILE_H
#define PROFILE_H

#define STACK_DEPTH 64
#define COMMAND_LENGTH 16

typedef __u64 stack_trace_t[STACK_DEPTH];

struct stack_event {
  __u32 pid;
  __u32 cpu;
  char command[COMMAND_LENGTH];
  __s32 kernel_stack_size;
  __s32 user_stack_size;
  stack_trace_t kernel_stack;
  stack_trace_t user_stack;
};

#endif
