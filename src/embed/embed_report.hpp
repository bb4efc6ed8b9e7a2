// Reports what was embedded, as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "embed/embed.hpp"

namespace ebpfkit::host {

// A line of numbers, then the relocations that resolve on none of the kernels, then the kernels on
// which libbpf would refuse an object. `name` names the embedded BTF.
std::string embed_report_text(const embed_result& result, std::string_view name);

// Keys: `schema_version` (1); `name`; `kernel_count`; `blob_count`; `source_bytes` (of the whole
// BTFs); `embedded_bytes` (of the file); `other_architecture_count`, `filtered_count` (files left
// out); `kernels`: array of `distribution`, `version`, `architecture`, `release` (null: not known),
// `file`, `source_bytes`, `embedded_bytes` (of its BTF, which kernels may share), `blob` (the BTF's
// number), `unresolved` (indices in `relocations`), `refused` (true: libbpf refuses an object);
// `relocations`: array of the keys of relocation_json(), `object` and `resolved_count` (number of
// kernels on which it resolves).
nlohmann::ordered_json embed_report_json(const embed_result& result, std::string_view name);

}  // namespace ebpfkit::host
