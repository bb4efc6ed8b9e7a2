set(build_fails TRUE)
set(expected_texts "no type 'task_strct' in '" "running-kernel.btf'; nearest: task_struct"
                   "no type 'sk_bufff' in '" "nearest: sk_buff")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
