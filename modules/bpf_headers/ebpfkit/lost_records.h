// Ring buffers whose lost records are counted, by program and by cause. The kernel does not count
// the records for which a ring buffer had no room.
//
//   #include "vmlinux.h"
//   #include <bpf/bpf_helpers.h>
//   #include <ebpfkit/lost_records.h>
//
//   struct {
//     __uint(type, BPF_MAP_TYPE_RINGBUF);
//     __uint(max_entries, 1 << 20);
//   } events SEC(".maps");
//
//   // For two programs, which have the numbers 0 and 1.
//   EBPFKIT_RECORD_COUNTS(event_counts, 2);
//
//   SEC("tp/sched/sched_switch") int switched(void* context) {
//     struct event* record = ebpfkit_reserve(&events, &event_counts, 0, sizeof(*record));
//     if (!record)
//       return 0;  // it is counted
//     record->time = bpf_ktime_get_ns();
//     bpf_ringbuf_submit(record, 0);
//     return 0;
//   }
//
// The application reads the counts with <ebpfkit/lost_records.hpp>. Each record that a program
// means to send is either in the ring buffer or counted as lost. Ring buffers need Linux 5.8. The
// counts cost one look-up and one atomic addition for each record.
#ifndef EBPFKIT_LOST_RECORDS_H
#define EBPFKIT_LOST_RECORDS_H

#ifndef __BPF_HELPERS__
#error "Include <bpf/bpf_helpers.h> before <ebpfkit/lost_records.h>."
#endif

// Why a record is lost. A program may use the numbers from EBPFKIT_LOST_OWN to 7 for its own
// causes.
enum ebpfkit_lost_cause {
  EBPFKIT_LOST_FULL = 0,       // the ring buffer had no room
  EBPFKIT_LOST_DISCARDED = 1,  // the program took the record back
  EBPFKIT_LOST_OWN = 2,
};

struct ebpfkit_record_counts {
  __u64 sent;     // records that programs meant to send, the lost ones included
  __u64 lost[8];  // by cause
};

// Defines the map of the counts, for `programs` programs (a number). The value is 6 for
// BPF_MAP_TYPE_PERCPU_ARRAY, so that no kernel type is needed.
#define EBPFKIT_RECORD_COUNTS(name, programs)    \
  struct {                                       \
    __uint(type, 6);                             \
    __uint(max_entries, programs);               \
    __type(key, __u32);                          \
    __type(value, struct ebpfkit_record_counts); \
  } name SEC(".maps")

// Counts a record that the program meant to send and lost before it had room for it.
static __always_inline void ebpfkit_count_lost(void* counts, __u32 program, __u32 cause) {
  struct ebpfkit_record_counts* own = bpf_map_lookup_elem(counts, &program);
  if (!own)
    return;
  // Programs on one CPU can interrupt each other.
  __atomic_fetch_add(&own->sent, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&own->lost[cause & 7], 1, __ATOMIC_RELAXED);
}

// bpf_ringbuf_reserve() that counts. `size`, in bytes, is a constant. Returns NULL, and sends and
// counts nothing, when `program` is not below the number of programs of the counts.
static __always_inline void* ebpfkit_reserve(void* ring, void* counts, __u32 program, __u64 size) {
  struct ebpfkit_record_counts* own = bpf_map_lookup_elem(counts, &program);
  void* record;
  if (!own)
    return (void*)0;
  __atomic_fetch_add(&own->sent, 1, __ATOMIC_RELAXED);
  record = bpf_ringbuf_reserve(ring, size, 0);
  if (!record)
    __atomic_fetch_add(&own->lost[EBPFKIT_LOST_FULL], 1, __ATOMIC_RELAXED);
  return record;
}

// bpf_ringbuf_discard() that counts. `flags`: BPF_RB_*. `cause`: EBPFKIT_LOST_DISCARDED or one of
// the program's own. `program` is the number that the record was reserved with.
static __always_inline void ebpfkit_discard(void* record, void* counts, __u32 program, __u32 cause,
                                            __u64 flags) {
  struct ebpfkit_record_counts* own;
  bpf_ringbuf_discard(record, flags);
  own = bpf_map_lookup_elem(counts, &program);
  if (own)
    __atomic_fetch_add(&own->lost[cause & 7], 1, __ATOMIC_RELAXED);
}

// bpf_ringbuf_output() that counts. Returns what it returns: 0, or -EAGAIN when there was no room.
// Returns -ENOENT (-2), and sends nothing, when `program` is not below the number of programs.
static __always_inline long ebpfkit_output(void* ring, void* counts, __u32 program, void* data,
                                           __u64 size, __u64 flags) {
  struct ebpfkit_record_counts* own = bpf_map_lookup_elem(counts, &program);
  long code;
  if (!own)
    return -2;
  __atomic_fetch_add(&own->sent, 1, __ATOMIC_RELAXED);
  code = bpf_ringbuf_output(ring, data, size, flags);
  if (code)
    __atomic_fetch_add(&own->lost[EBPFKIT_LOST_FULL], 1, __ATOMIC_RELAXED);
  return code;
}

#endif
