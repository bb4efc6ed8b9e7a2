// The declaration tag (BTF_KIND_DECL_TAG) of a record whose layout comes from C headers. The host
// tool writes the tag into headers for BPF programs. The runtime finds it in the BTF of objects.
#pragma once

#include <string_view>

namespace ebpfkit::detail {

// The beginning of the tag. The names of the C headers follow.
constexpr std::string_view fixed_layout_tag = "ebpfkit:fixed-layout:";

}  // namespace ebpfkit::detail
