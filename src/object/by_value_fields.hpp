// A check of linked BPF objects: programs use records with only some members through pointers only.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// A partial record has only some members of the kernel's type (decl tag `some_members_tag`), and so
// another size. Throws a `failure` that names every map and global variable that holds such a
// record by value: no kernel type has the size of that key, value or variable. `source` is the
// object's name in messages.
void check_no_partial_values(const type_graph& types, const std::string& source);

// Returns the first partial record that a value of the type holds, or 0.
type_id partial_record_in(const type_graph& types, type_id type);

}  // namespace ebpfkit::host
