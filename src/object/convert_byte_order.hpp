// Converts BPF objects between the byte orders, because older bpftools read objects of their own
// byte order only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Returns the object in the other byte order: a little-endian object becomes big-endian, and the
// reverse. The size and the place of everything stay the same, and a second call gives the first
// bytes again.
//
// Converts the numbers that a linker or loader reads: headers, symbols, relocations, instructions,
// .BTF, .BTF.ext, and the addresses that relocations have put into variables. Everything else in
// the sections of variables keeps its bytes: these are values in the byte order of the program's
// CPU, and neither linker nor loader reads them. Sections of DWARF (.debug_*) keep their bytes too,
// because bpftool drops them when it links.
//
// `shown` is the object's name in messages. Throws `failure` for a damaged object, and for a part
// whose byte order is not the object's.
std::vector<std::uint8_t> convert_byte_order(std::span<const std::uint8_t> object,
                                             std::string_view shown);

}  // namespace ebpfkit::host
