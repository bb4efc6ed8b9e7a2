set(configure_fails TRUE)
set(expected_texts
    "ebpf_embed_btf: PROGRAMS are for different CPUs: 'second' for arm64, others for x86."
    "Call ebpf_embed_btf once for each ARCH.")
