// Reports of sizes in JSON. docs/loader-size.md describes it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "size/size_change.hpp"
#include "size/size_report.hpp"

namespace ebpfkit::host {

nlohmann::ordered_json size_report_json(const size_report& report);

// Both reports are those that `changes` compares.
nlohmann::ordered_json size_changes_json(const size_changes& changes, const size_report& before,
                                         const size_report& after);

// Reads what size_report_json() made. `name` is the file's name, for messages. Throws `failure`
// when the text is something else.
size_report parse_size_report(std::string_view text, const std::string& name);

}  // namespace ebpfkit::host
