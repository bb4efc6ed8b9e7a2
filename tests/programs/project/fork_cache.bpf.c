// Keeps the processes that started last in an arena: memory that the application reads without a
// system call.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define PAGE_SIZE 4096
#define SLOT_COUNT 512
#define ARENA_PAGES 16

// A process. Its number modulo SLOT_COUNT is the number of its slot.
struct slot {
  __u32 process;  // 0: the slot is empty
  __u32 parent;
  char command[16];
};

// The kernel of the build may have no arenas: these are its names and numbers since Linux 6.9.
#define MAP_TYPE_ARENA 33
#define MAP_FLAG_MMAPABLE (1 << 10)
extern void* bpf_arena_alloc_pages(void* map, void* address, __u32 pages, int node,
                                   __u64 flags) __ksym;

struct {
  __uint(type, MAP_TYPE_ARENA);
  __uint(map_flags, MAP_FLAG_MMAPABLE);
  __uint(max_entries, ARENA_PAGES);
} memory SEC(".maps");

// Where the slots begin, in the memory of the application. Null: not yet.
struct slot* slots;

// Turns a pointer of the application into one that a program may use. clang translates pointers
// into arenas since release 19. For older releases, this is the instruction (BPF_ADDR_SPACE_CAST of
// the kernel's bpf_arena_common.h), with register r1.
static __always_inline void* usable(const void* pointer) {
  register const void* casted asm("r1") = pointer;
  asm volatile(".byte 0xbf, 0x11; .short 1; .long 1" : "+r"(casted));
  return (void*)casted;
}

SEC("syscall")
int make_slots(void* context) {
  slots = bpf_arena_alloc_pages(&memory, NULL, (SLOT_COUNT * sizeof(struct slot)) / PAGE_SIZE + 1,
                                -1, 0);
  return slots ? 0 : -1;
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct* parent, struct task_struct* child) {
  // The verifier must see which arena the program uses.
  asm volatile("" : : "r"(&memory));
  if (!slots)
    return 0;
  const __u32 process = (__u32)BPF_CORE_READ(child, tgid);
  struct slot* slot = usable(slots + process % SLOT_COUNT);
  slot->process = process;
  slot->parent = (__u32)BPF_CORE_READ(parent, tgid);
  char command[16];
  bpf_get_current_comm(command, sizeof(command));
  for (int i = 0; i < (int)sizeof(command); i++)
    slot->command[i] = command[i];
  return 0;
}
