// BPF instructions that the library writes itself.
#pragma once

#include <linux/bpf.h>

namespace ebpfkit::detail {

// One BPF instruction, from the fields of struct bpf_insn.
inline bpf_insn instruction(unsigned code, unsigned destination, unsigned source, int offset,
                            int immediate) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = destination & 0xfU;
  made.src_reg = source & 0xfU;
  made.off = static_cast<__s16>(offset);
  made.imm = immediate;
  return made;
}

}  // namespace ebpfkit::detail
