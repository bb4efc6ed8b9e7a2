// The example project has a target `kernels`, too, so that of this loader has another name.
#pragma once

#include "ten_kernels.btf.hpp"

namespace ebpf {

inline auto kernels() {
  return ten_kernels();
}

}  // namespace ebpf
