set(configure_fails TRUE)
set(expected_texts "ebpf_embed_btf: NON_PORTABLE: PROGRAMS are built for several kernels:"
                   "2.btf' ('prog_2')" "Build all with the same BTF")
