// Removing what an application left in the kernel: the question before it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/owners.hpp"
#include "tool/inspect.hpp"

namespace ebpfkit::host::tool {

// Whether to remove what was shown. True with YES=1 (--yes). Asks `question` on a terminal. Else
// prints what to write, and returns false.
bool may_remove(const inspect_context& context, bool given_yes, bool is_json,
                std::string_view question);

// "kernel-watch (812)", or "-" for nobody.
std::string processes_text(const std::vector<owning_process>& processes);
nlohmann::ordered_json processes_json(const std::vector<owning_process>& processes);

}  // namespace ebpfkit::host::tool
