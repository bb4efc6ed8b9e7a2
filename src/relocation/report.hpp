// Writes the outcome of relocations as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "relocation/program_object.hpp"
#include "relocation/resolve.hpp"

namespace ebpfkit::host {

// Returns what the relocation is about ("struct task_struct::tgid"). Returns its type id and access
// string when they are not sound.
std::string access_text(const program_object& object, const core_relocation& relocation);

// Returns a few indented lines: program, kind and access; source line; outcome unless `result` is
// null.
std::string relocation_text(const program_object& object, const core_relocation& relocation,
                            const resolution* result);

// Returns an object with the keys `section`, `program`, `instruction` (index in the program),
// `kind`, `access`, `type_id`, `access_string`, `source` (`file`, `line`, `column`, `text`; null if
// unknown). With a result, it also has `status`, `value` (null when there is none) and `problem`.
nlohmann::json relocation_json(const program_object& object, const core_relocation& relocation,
                               const resolution* result);

}  // namespace ebpfkit::host
