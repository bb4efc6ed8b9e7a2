set(configure_fails TRUE)
set(expected_texts
    "target_link_libraries(application): 'prog' is a BPF program"
    "Link its skeleton: ebpf_add_skeleton(prog_skeleton PROGRAM prog), then target_link_libraries(application PRIVATE prog_skeleton)."
)
