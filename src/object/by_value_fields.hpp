// A check of finished BPF objects: records with only some members are used behind pointers only.
#pragma once

#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Throws a `failure` that names every map and every global variable of the object which holds, by
// value, a record that the program has only some members of (decl tag `some_members_tag`). The
// kernel would get a key, value or variable of a size that no kernel type has. `source` names the
// object in messages.
void check_no_partial_values(const type_graph& types, const std::string& source);

// The first such record that a value of the type holds; 0: none.
type_id partial_record_in(const type_graph& types, type_id type);

}  // namespace ebpfkit::host
