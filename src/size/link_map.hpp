// The map file of a linker: which object each part of an executable comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

// A part of an output section: what the linker took from one section of one object.
struct map_piece {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  untrusted_text file;     // `main.o`, `libc.a(printf.o)`, or ld.lld's `<internal>`
  untrusted_text section;  // the input section's name
};

// A section of the executable, with its parts in the order of the map.
struct map_section {
  untrusted_text name;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::vector<map_piece> pieces;
};

struct link_map {
  std::string_view linker;  // "ld.lld" or "GNU ld"
  std::vector<map_section> sections;
};

// Reads what `-Wl,-Map=FILE` makes ld.lld or GNU ld write. The result refers to `text`, which must
// live as long as it. `name` is the file's name, for messages. Throws `failure` when the text is no
// such map, or when its end is missing.
link_map parse_link_map(std::string_view text, const std::string& name);

}  // namespace ebpfkit::host
