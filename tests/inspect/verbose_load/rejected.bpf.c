/* Programs for the kinds of errors. Only the first one loads on every kernel: see check.cmake. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __type(key, int);
  __type(value, long);
} counts SEC(".maps");

struct locked {
  struct bpf_spin_lock lock;
  int count;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, struct locked);
} locks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(int));
  __uint(value_size, sizeof(int));
} perf_events SEC(".maps");

const volatile int limit = 1;

SEC("tc")
int loads(struct __sk_buff* packet) {
  return 0;
}

SEC("tc")
int null_pointer(struct __sk_buff* packet) {
  int key = 0;
  long* value = bpf_map_lookup_elem(&counts, &key);
  return *value;
}

SEC("tc")
int scalar_as_pointer(struct __sk_buff* packet) {
  int* address = (int*)(long)packet->mark;
  return *address;
}

SEC("tc")
int pointer_access(struct __sk_buff* packet) {
  char* end = (char*)(long)packet->data_end;
  return *end;
}

SEC("tc")
int pointer_arithmetic(struct __sk_buff* packet) {
  int key = 0;
  char* value = bpf_map_lookup_elem(&counts, &key);
  if (!value)
    return 0;
  long place = bpf_ktime_get_ns();
  return value[place];
}

SEC("tc")
int pointer_sum(struct __sk_buff* packet) {
  asm volatile("r1 += r1" ::: "r1");
  return 0;
}

SEC("tc")
int memory_bounds(struct __sk_buff* packet) {
  int key = 0;
  long* value = bpf_map_lookup_elem(&counts, &key);
  if (!value)
    return 0;
  return value[3];
}

SEC("tc")
int index_not_checked(struct __sk_buff* packet) {
  int key = 0;
  long* value = bpf_map_lookup_elem(&counts, &key);
  if (!value)
    return 0;
  unsigned index = packet->mark;
  return value[index];
}

SEC("tc")
int packet_bounds(struct __sk_buff* packet) {
  unsigned char* data = (unsigned char*)(long)packet->data;
  return data[12];
}

SEC("tc")
int stack_overflow(struct __sk_buff* packet) {
  asm volatile("*(u64 *)(r10 - 520) = r1" ::: "memory");
  return 0;
}

static __attribute__((noinline)) int uses_stack(int number) {
  asm volatile("*(u64 *)(r10 - 304) = r10" ::: "memory");
  return number + 1;
}

SEC("tc")
int stack_of_functions(struct __sk_buff* packet) {
  asm volatile("*(u64 *)(r10 - 304) = r10" ::: "memory");
  return uses_stack(packet->len);
}

SEC("tc")
int too_many_jumps(struct __sk_buff* packet) {
  int sum = 0;
  for (int i = 0; i < 9000; i++) {
    if (bpf_get_prandom_u32() == 7)
      asm volatile("%0 += %1" : "+r"(sum) : "r"(i));
  }
  return sum;
}

SEC("tc")
int infinite_loop(struct __sk_buff* packet) {
  asm volatile("r0 = 0; 1: if r0 == 1 goto 2f; goto 1b; 2:" ::: "r0");
  return 0;
}

SEC("tc")
int unknown_helper(struct __sk_buff* packet) {
  int (*no_helper)(void) = (void*)9999;
  return no_helper();
}

SEC("tracepoint/sched/sched_switch")
int helper_not_allowed(void* context) {
  return bpf_redirect(1, 0);
}

SEC("tc")
int uninitialised_register(struct __sk_buff* packet) {
  asm volatile("r0 = r6; r1 = r0" ::: "r0", "r1");
  return 0;
}

SEC("tc")
int uninitialised_stack(struct __sk_buff* packet) {
  asm volatile("r0 = *(u64 *)(r10 - 16)" ::: "r0");
  return 0;
}

SEC("tc")
int unreleased_reference(struct __sk_buff* packet) {
  int* event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (event)
    *event = 1;
  return 0;
}

SEC("tc")
int lock_held(struct __sk_buff* packet) {
  int key = 0;
  struct locked* value = bpf_map_lookup_elem(&locks, &key);
  if (!value)
    return 0;
  bpf_spin_lock(&value->lock);
  value->count++;
  return 0;
}

SEC("tc")
int call_under_lock(struct __sk_buff* packet) {
  int key = 0;
  struct locked* value = bpf_map_lookup_elem(&locks, &key);
  if (!value)
    return 0;
  bpf_spin_lock(&value->lock);
  value->count = bpf_get_prandom_u32();
  bpf_spin_unlock(&value->lock);
  return 0;
}

SEC("cgroup_skb/ingress")
int return_value(struct __sk_buff* packet) {
  return 5;
}

SEC("cgroup/bind4")
int return_unknown(struct bpf_sock_addr* address) {
  return address->user_port;
}

SEC("fentry/do_nanosleep")
int sleeps(void* context) {
  char byte;
  return bpf_copy_from_user(&byte, 1, 0);
}

struct task_struct {
  int no_such_member;
} __attribute__((preserve_access_index));

SEC("tracepoint/sched/sched_switch")
int missing_field(void* context) {
  struct task_struct* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, no_such_member);
}

SEC("fentry/no_such_function")
int attach_target(void* context) {
  return 0;
}

SEC("tc")
int unreachable_code(struct __sk_buff* packet) {
  asm volatile("goto +1; r0 = 0; r0 = 1" ::: "r0");
  return 0;
}

SEC("tc")
int read_only_memory(struct __sk_buff* packet) {
  *(volatile int*)&limit = 2;
  return 0;
}

SEC("xdp")
int context_access(struct xdp_md* context) {
  return *(int*)((char*)context + 1000);
}

SEC("xdp")
int context_changed(struct xdp_md* context) {
  asm volatile("r1 += 8; r0 = *(u32 *)(r1 + 0)" ::: "r0", "r1");
  return 0;
}

SEC("tc")
int argument(struct __sk_buff* packet) {
  int key = 0;
  return bpf_map_lookup_elem(packet, &key) != 0;
}

SEC("tc")
int argument_size(struct __sk_buff* packet) {
  char text[8] = "";
  return bpf_skb_load_bytes(packet, 0, text, packet->mark);
}

SEC("tc")
int map_type(struct __sk_buff* packet) {
  int key = 0;
  return bpf_map_lookup_elem(&perf_events, &key) != 0;
}

SEC("tc")
int misaligned_access(struct __sk_buff* packet) {
  asm volatile("*(u64 *)(r10 - 9) = r1" ::: "memory");
  return 0;
}

SEC("tc")
int unknown_instruction(struct __sk_buff* packet) {
  asm volatile(".8byte 0x8f");
  return 0;
}

SEC("tc")
int dynptr(struct __sk_buff* packet) {
  struct bpf_dynptr pointer;
  char byte = 0;
  bpf_dynptr_read(&byte, 1, &pointer, 0, 0);
  return byte;
}

SEC("no_such_section")
int section_name(void* context) {
  return 0;
}
