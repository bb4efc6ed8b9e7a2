// What a line of a source tells about words that clang's error does not name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Whether a declaration begins with the word: `pid_tt id`, `pid_tt *id`. Without such a type clang
// takes the word for a variable.
bool begins_declaration(std::string_view line, std::string_view word);

// A hint about the first word that is like a macro of libbpf and is called: BPF_PROGG(name, ...).
// Empty when there is none.
std::string like_libbpf_macro(std::string_view line);

struct tag_in_line {
  std::string keyword;  // struct, union or enum
  std::string name;
};
std::vector<tag_in_line> tags_in(std::string_view line);

}  // namespace ebpfkit::host
