#include "support/helper_names.hpp"

#include <linux/bpf.h>

namespace ebpfkit::host {

namespace {

#define EBPFKIT_HELPER_NAME(name) "bpf_" #name
// NOLINTNEXTLINE(bugprone-suspicious-missing-comma): the macro of the kernel has the commas
constexpr std::string_view all_helpers[] = {__BPF_FUNC_MAPPER(EBPFKIT_HELPER_NAME)};
#undef EBPFKIT_HELPER_NAME

}  // namespace

std::span<const std::string_view> helper_names() {
  // The first is bpf_unspec, which is no helper.
  return std::span(all_helpers).subspan(1);
}

}  // namespace ebpfkit::host
