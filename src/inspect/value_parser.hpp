// Values that people write for maps and variables: the way back from what `value_text` shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Returns the bytes of a value of the type.
//
// - a number as C writes it; `true` or `false`; the name of an enum's constant; a number for a
//   pointer
// - a text for an array of characters. Quotes are needed only within braces.
// - `{.packets = 12, .sizes = {0, 9}}` for a struct, union or array, as `value_text` writes it. A
//   struct may also list all its members without their names. Members and elements that are not
//   written stay what they are in `before`, the bytes of the value so far.
// - `hex 01 0a ff`: the bytes themselves
//
// `place` is for messages: "the variable 'limit'". Throws `failure` when `before` is shorter than
// the type, and when the text is no value of the type: too large, an unknown member, and so on.
std::vector<std::uint8_t> parse_typed_value(const type_graph& types, type_id type,
                                            const std::string& text,
                                            std::span<const std::uint8_t> before,
                                            const std::string& place);

// Returns the bytes of a value whose type is not known: `hex 01 0a ff`, or the bytes alone. Throws
// `failure` when they are not `size` bytes.
std::vector<std::uint8_t> parse_bytes(const std::string& text, std::size_t size,
                                      const std::string& place);

}  // namespace ebpfkit::host
