// What the bytes of a linked program are: by section, by library and by object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct byte_count {
  std::uint64_t in_file = 0;
  std::uint64_t zero = 0;  // only in memory, where they begin as zero: .bss and .tbss

  byte_count& operator+=(byte_count other) {
    in_file += other.in_file;
    zero += other.zero;
    return *this;
  }
  friend bool operator==(byte_count, byte_count) = default;
};

struct size_entry {
  std::string name;  // a stranger may have written it
  byte_count bytes;
};

// What a group of objects in a report is.
enum class owner_kind {
  archive,      // a static library
  own,          // objects that the linker's command line names
  start_files,  // crt1.o and the like, which the compiler adds
  lto,          // what link-time optimisation made of many objects
  none,         // what belongs to no object: padding, merged strings, tables of the linker
};

struct size_library {
  owner_kind kind = owner_kind::archive;
  std::string name;
  byte_count bytes;
  std::vector<size_entry> objects;  // largest first
};

struct size_report {
  std::string file;
  std::string owners_from;              // "ld.lld" or "GNU ld", whose map was read, or empty
  std::uint64_t file_size = 0;          // with headers, symbols and debug information
  byte_count loaded;                    // the sum of all sections that a program loads
  std::vector<size_entry> sections;     // the loaded sections, largest first
  std::vector<size_library> libraries;  // largest first; empty without a map
};

// The linker's map of a program, as it is in its file.
struct map_file {
  std::string name;  // for messages
  std::string_view text;
};

// The section headers of an ELF file tell which bytes are loaded. The map tells who owns them.
// Without a map the report has no libraries. `name` is the file's name. Throws `failure` when the
// ELF file or the map is damaged, or when the map is of another program.
size_report make_size_report(std::span<const std::uint8_t> elf, const std::string& name,
                             const std::optional<map_file>& map);

// The word for a kind in JSON.
std::string_view owner_kind_name(owner_kind kind);

// Largest first: by the bytes in the file, then by those in memory only, then by name.
bool is_larger(const byte_count& one, std::string_view one_name, const byte_count& other,
               std::string_view other_name);

}  // namespace ebpfkit::host
