// Declaration tags (BTF_KIND_DECL_TAG) that EbpfKit writes into headers for BPF programs, and finds
// again in the BTF of the objects that are compiled with them.
#pragma once

#include <string_view>

namespace ebpfkit::host {

// How the tag of a record begins whose layout is fixed when the program is built, because it comes
// from C headers. The names of these headers follow.
constexpr std::string_view fixed_layout_tag = "ebpfkit:fixed-layout:";

// The tag of a record with only some of its members.
constexpr std::string_view some_members_tag = "ebpfkit:fields";

}  // namespace ebpfkit::host
