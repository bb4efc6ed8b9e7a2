#ifndef KERNEL_FUNCTIONS_H
#define KERNEL_FUNCTIONS_H

#define KERNEL_FUNCTION(result, name, ...) \
  extern result name(__VA_ARGS__)          \
  __weak __ksym

KERNEL_FUNCTION(void*, task_of_pid, __u64 pid);
#ifndef NO_RELEASE
void task_release(void* task) __ksym;
#endif

#endif
