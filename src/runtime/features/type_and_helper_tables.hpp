// Names, first releases and configuration options of program types, map types and helpers. The
// functions for helpers are public: see ebpfkit/features.hpp.
#pragma once

#include <string>

#include "ebpfkit/features.hpp"

namespace ebpfkit::detail {

std::string program_type_name(unsigned program_type);
std::string map_type_name(unsigned map_type);
kernel_version program_type_since(unsigned program_type) noexcept;
kernel_version map_type_since(unsigned map_type) noexcept;
const char* program_type_option(unsigned program_type) noexcept;  // null: cannot be switched off
const char* map_type_option(unsigned map_type) noexcept;

bool is_known(kernel_version version) noexcept;
std::string to_text(kernel_version version);  // "5.15", "?" when it is not known

}  // namespace ebpfkit::detail
