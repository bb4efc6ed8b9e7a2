// Values of maps and records of buffers, read by their BTF.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Reads the bytes as a value of the type:
// - a struct or union is an object; members of anonymous ones stand in it
// - an array is a list; of characters up to a NUL that can be printed, a text
// - an enum is its name, or a number without one
// - a pointer is a text with its address
// - what has no size, or more bits than 64, is a text with hexadecimal bytes
// Bytes that are too few for the type are shown as bytes, too. BTF and bytes are of this machine.
nlohmann::ordered_json typed_value(const type_graph& types, type_id type,
                                   std::span<const std::uint8_t> bytes);

// "01 0a ff": bytes without a type.
std::string hexadecimal(std::span<const std::uint8_t> bytes);

// Writes a value in one line, as C writes an initializer: "{.packets = 12, .bytes = 700}". Texts of
// the value are made printable.
std::string value_text(const nlohmann::ordered_json& value);

// Adds the numbers of `other` to those at the same places of `sum`. Everything else of `sum` stays.
void add_numbers(nlohmann::ordered_json& sum, const nlohmann::ordered_json& other);

}  // namespace ebpfkit::host
