#define SEC(name) __attribute__((section(name), used))

// A type of the kernel whose size the program asks for, so that it needs that kernel's BTF.
struct sample {
  int first;
  int second;
} __attribute__((preserve_access_index));

int number = NUMBER;
struct sample unused_sample;

SEC("raw_tp/sched_process_exec")
int on_exec(struct sample* sample) {
  number += *(int*)__builtin_preserve_access_index(&sample->second);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
