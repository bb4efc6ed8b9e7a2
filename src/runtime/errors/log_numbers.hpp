// Numbers in the verifier's log.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebpfkit::detail {

// No offset of a program is as large. It keeps sums of two of them in their type.
constexpr std::int64_t largest_offset = std::int64_t{1} << 48;

// Reads "12", "-12", "0x7ff8" from the beginning. The kernel prints large negative numbers as
// hexadecimal numbers of 64 bits. False: there is none.
bool read_number(std::string_view text, std::uint64_t& number, unsigned base = 10);

// Reads the number behind the first `key`. False: there is none.
bool number_after(std::string_view text, std::string_view key, std::int64_t& number);

}  // namespace ebpfkit::detail
