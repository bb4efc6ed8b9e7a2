// Whether the kernel runs BPF LSM programs.
#pragma once

#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

struct lsm_state {
  support state = support::unknown;
  int code = 0;  // the errno that made it unknown
};

// Whether "bpf" is among the active Linux security modules (LSMs). Without it, the kernel loads and
// attaches LSM programs but never runs them. lsm_list_modules(2) tells it (Linux 6.8); on older
// kernels /sys/kernel/security/lsm does.
lsm_state bpf_lsm_state();

}  // namespace ebpfkit::detail
