#define SEC(name) __attribute__((section(name), used))

// A kernel type. The program asks for its size, so that it needs the kernel's BTF.
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
