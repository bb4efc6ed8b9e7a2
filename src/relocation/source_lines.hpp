// Which line of the source a CO-RE relocation belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "relocation/btf_ext.hpp"
#include "relocation/source_statements.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

// Where an instruction comes from, by line_info. `line` is 0 when line_info does not say. The texts
// belong to the object's BTF.
struct source_position {
  untrusted_text file;  // without "./" in front
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  untrusted_text text;
};

// The instructions of a function, as offsets in their ELF section.
struct function_extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// The line records of one ELF section.
//
// The last record at or before an instruction is not always its line: clang gives the load of a
// CO-RE offset no record of its own (BPFAbstractMemberAccess makes the instruction without a debug
// location), so the load counts to the statement before. The statement that reads the member
// follows then. So the words of the lines decide, see find().
class source_lines {
 public:
  // `records` need no order. `statements` finds the rest of statements that take several lines;
  // null: the first line counts.
  source_lines(std::vector<line_record> records, const btf_text& text,
               std::shared_ptr<source_statements> statements = nullptr);

  // Returns the line of a relocation at the instruction, or a position without a line. `name` is
  // what the relocation reads: a member, an enumerator, a type; it may be empty. Takes the record
  // before the instruction, unless its line lacks the word `name` and another one near it in the
  // function has it: one behind it, else one before it. When both the record and one behind it have
  // the word, the earlier line gets one relocation of this name. Call it for the relocations of a
  // section in the order of their instructions.
  source_position find(std::uint32_t instruction_offset, function_extent function,
                       std::string_view name);

 private:
  std::string_view line_of(std::size_t record) const;
  // Whether the record's statement reads the word.
  bool reads(std::size_t record, std::string_view word) const;
  bool is_in(std::size_t record, function_extent function) const;

  std::vector<line_record> records_;  // by instruction
  const btf_text* text_;
  std::shared_ptr<source_statements> statements_;
  // Lines that have got a relocation, by their number and its name.
  std::set<std::pair<std::uint32_t, std::string_view>> taken_;
};

// Whether `word` stands in the text as a whole identifier of C, and not as the name of a
// declaration. No text has the empty word.
bool reads_word(std::string_view text, std::string_view word);

}  // namespace ebpfkit::host
