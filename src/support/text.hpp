// Tests for identifiers, and untrusted text made safe for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns a view of the bytes as text.
inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Returns `text` with everything but printable ASCII as \xNN, cut at `longest` characters.
std::string printable(std::string_view text, std::size_t longest = 200);

// Returns "'a', 'b', 'c' and 4 more": at most `shown` of the names, made printable.
std::string list_names(const std::vector<std::string>& names, std::size_t shown);

// Returns the parts of `text` between separators: one more than there are separators.
std::vector<std::string> split_text(std::string_view text, char separator);

// True for [A-Za-z_][A-Za-z0-9_]*.
bool is_c_identifier(std::string_view text);

// The text without blanks, tabs and carriage returns at its ends.
std::string_view without_outer_blanks(std::string_view text);

}  // namespace ebpfkit::host
