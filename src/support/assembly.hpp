// Text for top-level assembly in C and C++.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "support/embedded_note.hpp"

namespace ebpfkit::host {

// Escapes `text` for a string of assembly that is itself inside a string literal of C or C++, such
// as a path after `.incbin`. Bytes that are not printable ASCII become octal escapes of the
// assembler.
std::string assembly_string(std::string_view text);

// Returns the statement `__asm__(...)` of C and C++ that puts the file's bytes into read-only data
// as the hidden symbol `symbol`, which must be a C identifier. `size` is the file's size. The
// assembler opens the file by its absolute path. A note (embedded_note.hpp) tells where the bytes
// are, what they are, and `name`, which must be a C identifier.
std::string assembly_with_file(std::string_view symbol, const std::filesystem::path& file,
                               std::size_t size, embedded_kind kind, std::string_view name);

}  // namespace ebpfkit::host
