// Declaration tags (BTF_KIND_DECL_TAG). EbpfKit writes them into headers for BPF programs, and
// finds them again in the BTF of the compiled objects.
#pragma once

#include <string_view>

namespace ebpfkit::host {

// The beginning of a record's tag. The layout of such a record comes from C headers and is fixed
// when the program is built. The names of these headers follow.
constexpr std::string_view fixed_layout_tag = "ebpfkit:fixed-layout:";

// The tag of a record that has only some of its members.
constexpr std::string_view some_members_tag = "ebpfkit:fields";

}  // namespace ebpfkit::host
