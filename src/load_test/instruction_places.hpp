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

class elf_object;
struct elf_section;

struct source_place {
  std::string file;  // as the compiler wrote it, often relative to the project
  std::uint32_t line = 0;
  std::string text;  // the line without the blanks around it
};

// Kernels before 6.11 print lines of the source without file and number. The object has both
// (.BTF.ext, line_info).
class instruction_places {
 public:
  // A function of the kernel (__ksym), and the line of its first call.
  struct kernel_call {
    std::string function;
    bool is_weak = false;  // the program may load without it
    source_place place;    // without a line when line_info does not say
  };

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

  // Finds the kernel functions that the program calls, each once, in the order of the lines. Those
  // that its other functions call are not among them. Without a name: those that the whole object
  // calls.
  std::vector<kernel_call> find_kernel_calls(std::string_view program = {}) const;

  // Returns the name of the symbol whose address the instruction loads, such as that of a global
  // variable. Empty: it loads none, or the symbol has no name.
  std::string find_symbol(std::string_view program, long instruction) const;

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

  // A symbol with a name, in an instruction.
  struct reference {
    std::uint64_t instruction = 0;  // in the section
    std::string symbol;
    bool is_kernel_call = false;
    bool is_weak = false;
  };

  static std::vector<reference> find_references(const elf_object& elf, const elf_section& section);

  // Appends the calls of kernel functions in this function, in the order of the instructions.
  void add_kernel_calls(const function_code& function, std::vector<kernel_call>& found) const;

  // The records of one function.
  std::vector<const record*> records_of(std::string_view program) const;

  std::map<std::string, std::vector<record>, std::less<>> sections_;
  std::map<std::string, function_code, std::less<>> functions_;
  // Instructions of a section that jump backwards, ascending.
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> jumps_back_;
  // By section, in the order of the instructions.
  std::map<std::string, std::vector<reference>, std::less<>> references_;
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

// The same for the declaration of a `const` variable: the first line that declares one of this
// name. Parameters do not count.
std::optional<source_place> constant_declaration(
    const source_place& place, const std::vector<std::filesystem::path>& directories,
    std::string_view name);

// Returns how many lines before the place its definition begins, for the last line of a structure:
// the nearest line that begins with `struct`, at most twenty lines before. 0: there is none.
unsigned lines_of_definition(const source_place& place,
                             const std::vector<std::filesystem::path>& directories);

// Returns the line with the lines before and after it, for people:
//
//     bad.bpf.c:24
//       23 |   long* value = bpf_map_lookup_elem(&counts, &key);
//     > 24 |   return *value;
//
// Looks for a file with a relative name in `directories` and in the directories above them. Returns
// an empty text when there is no such file, or when its line is another one than the place's text:
// the source has changed, or is none.
std::string lines_around(const source_place& place,
                         const std::vector<std::filesystem::path>& directories, unsigned before,
                         unsigned after);

}  // namespace ebpfkit::host
