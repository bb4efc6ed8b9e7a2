expect_output(
  "forgotten.bpf.o': NO_KERNEL_BTF was asked for, and the object has CO-RE relocations (struct xdp_md::data"
)
expect_output(
  "in 'lengths', and 1 more). libbpf needs BTF for them, and no ebpf_embed_btf() names this program."
)
expect_output("ebpf_embed_btf(<name> PROGRAMS <program> BTFS <file or name>)")
foreach(program embedded by_alias for_kernels_with_btf without_relocations)
  expect_no_output("/${program}.bpf.o'")
endforeach()
expect_nothing_to_do()
