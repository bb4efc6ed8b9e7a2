// The running kernel's BTF.
#pragma once

#include <bpf/btf.h>

#include <memory>

namespace ebpfkit::detail {

// Exists since Linux 5.4, with CONFIG_DEBUG_INFO_BTF.
constexpr const char* kernel_btf_file = "/sys/kernel/btf/vmlinux";

struct btf_closer {
  void operator()(btf* types) const noexcept { btf__free(types); }
};
using unique_btf = std::unique_ptr<btf, btf_closer>;

}  // namespace ebpfkit::detail
