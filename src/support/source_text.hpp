// Text of strangers in generated C, C++ and Rust: names of ELF and BTF, paths, releases of kernels.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::host {

// Returns a string literal of C and C++, with its quotes. Bytes that are not printable ASCII become
// octal escapes: unlike hexadecimal ones, they end after three digits. `?` is escaped, because
// `??/` is a backslash where compilers know trigraphs.
std::string c_string_literal(std::string_view text);

// Returns the text for a comment, or for the inside of a string literal, where it should stay
// readable. `_` replaces everything but printable ASCII, backslashes, quotes, and the second of two
// question marks. A line break would end a comment, a backslash or the trigraph `??/` at the end
// would continue it, and a bidirectional control would show another text than compilers read.
std::string plain_text(std::string_view text);

// Returns the line `// label: text` with plain_text(), or nothing for an empty text.
std::string line_comment(std::string_view label, std::string_view text);

}  // namespace ebpfkit::host
