// Names of sections (SEC) that libbpf does not know. The host tool compiles this file too.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::detail {

// Returns the SEC() to write instead of SEC("<section>"): the known name that is most like it, with
// what follows the name in `section`. Empty when libbpf knows the section, and when no known name
// is like it. `known` are libbpf's names as libbpf_prog_type_by_name() prints them, with blanks
// between. A slash and more may follow a name with `+` (sec_def_matches() of libbpf.c).
std::string better_section(std::string_view section, std::string_view known);

}  // namespace ebpfkit::detail
