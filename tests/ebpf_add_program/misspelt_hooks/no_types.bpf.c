// Needs no kernel types, so it does not matter that the BTF cannot be read.
#define SEC(name) __attribute__((section(name), used))

SEC("kprobe/do_unlinkta")
int probe(void* context) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
