// Declaration tags (BTF_KIND_DECL_TAG). EbpfKit writes them into headers for BPF programs, and
// finds them again in the BTF of the compiled objects.
#pragma once

#include <string_view>

#include "runtime/kernel_types/fixed_layout_tag.hpp"

namespace ebpfkit::host {

// The runtime reads this tag too.
using ebpfkit::detail::fixed_layout_tag;

// The tag of a record that has only some of its members.
constexpr std::string_view some_members_tag = "ebpfkit:fields";

}  // namespace ebpfkit::host
