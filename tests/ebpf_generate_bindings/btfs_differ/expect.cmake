set(build_fails TRUE)
set(expected_texts
    "requested types are not the same in all BTFs" "'task' differs between" "old.btf' and '"
    "member_retyped 'pid': 'int', 'long" "member_removed 'state'" "FIELDS type.member")
set(absent_files ebpf/kernel_types/include/vmlinux.h)
