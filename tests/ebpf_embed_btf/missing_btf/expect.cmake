set(configure_fails TRUE)
set(expected_texts
    "ebpf_embed_btf: BTFS 'no such.btf=ubuntu:20.04:x86_64:5.4.0': there is no such file"
    "The nearest name there is 'no-such.btf'.")
