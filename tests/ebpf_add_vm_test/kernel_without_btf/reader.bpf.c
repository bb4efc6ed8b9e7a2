#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

int wanted;
int by_relocation;
int by_build_layout;

/* The process reads its own number from its task, at the kernel's offset and at that of the build. */
SEC("raw_tp/sys_enter")
int read_task(void *context)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int number = bpf_get_current_pid_tgid() >> 32;

	if (number != wanted)
		return 0;
	by_relocation = BPF_CORE_READ(task, tgid);
	bpf_probe_read_kernel(&by_build_layout, sizeof(by_build_layout),
			      (char *)task + __builtin_offsetof(struct task_struct, tgid));
	return 0;
}
