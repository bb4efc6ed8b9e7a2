// Which line of the source each instruction of a BPF object comes from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relocation/source_statements.hpp"

namespace ebpfkit::host {

struct source_place {
  std::string file;  // as the compiler wrote it, often relative to the project
  std::uint32_t line = 0;
  std::string text;  // the line without the blanks around it
};

// Kernels before 6.11 print lines of the source without file and number. The object has both
// (.BTF.ext, line_info).
class instruction_places {
 public:
  // An object without line_info has no places. Throws `failure` when the object is damaged.
  explicit instruction_places(const std::filesystem::path& object);

  // Finds the place of an instruction. `instruction` counts from the beginning of the program, as
  // the verifier does. libbpf appends the functions that a program calls, so for their
  // instructions, and for a wrong number, `text` decides: the line that the verifier printed. An
  // empty `text` fits every line.
  std::optional<source_place> find(std::string_view program, long instruction,
                                   std::string_view text) const;

  // Finds the place in the program whose statement has the identifier `word`, nearest to the
  // instruction. clang gives some instructions the line of their neighbour.
  std::optional<source_place> find_word(std::string_view program, long instruction,
                                        std::string_view word, source_statements& statements) const;

  // Finds the lines of the program's jumps backwards: its loops. Each line once, in the order of
  // the instructions. Loops of functions that it calls are not among them.
  std::vector<source_place> find_loops(std::string_view program) const;

 private:
  struct record {
    std::uint64_t instruction = 0;  // in the section
    source_place place;
  };
  struct function_code {
    std::string section;
    std::uint64_t begin = 0;  // instructions in the section
    std::uint64_t size = 0;
  };

  // The records of one function.
  std::vector<const record*> records_of(std::string_view program) const;

  std::map<std::string, std::vector<record>, std::less<>> sections_;
  std::map<std::string, function_code, std::less<>> functions_;
  // Instructions of a section that jump backwards, ascending.
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> jumps_back_;
};

// Return the line with `word` in the file of a place: the nearest one at or before the place, at
// most ten lines away, or the first one in the file. No value: there is none, or the source has
// changed (see lines_around).
std::optional<source_place> line_before(const source_place& place,
                                        const std::vector<std::filesystem::path>& directories,
                                        std::string_view word);
std::optional<source_place> line_in_file(const source_place& place,
                                         const std::vector<std::filesystem::path>& directories,
                                         std::string_view word);

// Returns the line and the `around` lines before and after it, for people:
//
//     bad.bpf.c:24
//       23 |   long* value = bpf_map_lookup_elem(&counts, &key);
//     > 24 |   return *value;
//
// Looks for a file with a relative name in `directories` and in the directories above them. Returns
// an empty text when there is no such file, or when its line is another one than the place's text:
// the source has changed, or is none.
std::string lines_around(const source_place& place,
                         const std::vector<std::filesystem::path>& directories, unsigned around);

}  // namespace ebpfkit::host
