// The features that have no number in <linux/bpf.h>: enum kernel_feature.
#pragma once

#include "attempts.hpp"
#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

struct named_feature {
  const char* name;
  const char* text;
  kernel_version since;
  const char* option;  // the kernel's configuration option; null when it cannot be switched off
  probe_answer (*probe)();
};
const named_feature& named(kernel_feature feature) noexcept;

}  // namespace ebpfkit::detail
