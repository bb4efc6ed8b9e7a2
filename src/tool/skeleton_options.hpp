// Options that `ebpfkit skeleton` and `ebpfkit build` share.
#pragma once

#include <string>
#include <vector>

#include "skeleton/skeleton.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

// Reads NAME=PATH. Throws `failure` for a text that is not of this form.
shared_header parse_shared_header(const std::string& text);

// Adds --c-name and --symbol.
void add_skeleton_name_options(CLI::App& command, skeleton_request& request);

// Adds --type and --shared-header. The texts of the latter are for parse_shared_header().
void add_skeleton_type_options(CLI::App& command, skeleton_request& request,
                               std::vector<std::string>& shared_headers);

}  // namespace ebpfkit::host::tool
