// Text for top-level assembly in C and C++.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

// `text` as it stands inside of a string of assembly that is itself inside of a string literal of C
// or C++, such as a path behind `.incbin`. Bytes that are not printable ASCII become octal escapes
// of the assembler.
std::string assembly_string(std::string_view text);

}  // namespace ebpfkit::host
