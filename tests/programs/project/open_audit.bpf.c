// Records who opens certain files. The application names the files while the program runs: it sends
// requests through a user ring buffer.
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define REQUESTS_AT_ONCE 64

// A file, by its inode; numbers of inodes alone repeat in other file systems.
struct file_id {
  __u64 inode;
  __u32 device;  // as the kernel has it: 12 bits for the major number, 20 for the minor one
  __u32 unused;
};

struct request {
  struct file_id file;
  bool is_watched;  // from now on; else no more
};

struct opening {
  struct file_id file;
  __u32 process;
  char command[16];
};

// The application reads and writes records of these types.
const struct request* request_in_btf __attribute__((unused));
const struct opening* opening_in_btf __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
  __uint(max_entries, 16 * 1024);
} requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct file_id);
  __type(value, bool);
} watched SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
} openings SEC(".maps");

__u64 lost;

static long take_request(struct bpf_dynptr* record, void* taken) {
  struct request request;
  if (bpf_dynptr_read(&request, sizeof(request), record, 0, 0))
    return 0;  // too short
  const bool yes = true;
  if (request.is_watched)
    bpf_map_update_elem(&watched, &request.file, &yes, BPF_ANY);
  else
    bpf_map_delete_elem(&watched, &request.file);
  return ++*(__u32*)taken >= REQUESTS_AT_ONCE;
}

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file* file, int result) {
  if (result != 0)
    return result;
  __u32 taken = 0;
  bpf_user_ringbuf_drain(&requests, take_request, &taken, 0);

  struct file_id id = {
      .inode = BPF_CORE_READ(file, f_inode, i_ino),
      .device = BPF_CORE_READ(file, f_inode, i_sb, s_dev),
  };
  if (!bpf_map_lookup_elem(&watched, &id))
    return 0;
  struct opening* record = bpf_ringbuf_reserve(&openings, sizeof(*record), 0);
  if (!record) {
    __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    return 0;
  }
  record->file = id;
  record->process = bpf_get_current_pid_tgid() >> 32;
  bpf_get_current_comm(record->command, sizeof(record->command));
  bpf_ringbuf_submit(record, 0);
  return 0;
}
