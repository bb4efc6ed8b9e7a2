// Explains why a program was rejected, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rejection.hpp"
#include "verifier_log.hpp"
#include "verifier_trace.hpp"

namespace ebpfkit::detail {

struct explanation {
  rejection is = rejection::other;
  // In one line, in the words of the kernel or of libbpf. A CO-RE relocation that failed is named
  // with its type and field.
  std::string cause;
  std::string figures;          // what the figures of `cause` say, in plain sentences; or empty
  std::string hint;             // what the message in particular means; empty: the kind says it
  bool hint_is_remedy = false;  // the hint also says what to do, and the kind's remedy does not fit
  const char* printed_by = "";  // the function of the kernel, or "libbpf"; empty: not known

  // The kernel refused the program before the verifier looked at it.
  bool is_unseen = false;

  // The instruction at which the verifier stopped, and its line of the source. Empty where the log
  // has none: the kernel checks jumps, for example, before it follows the program.
  std::string instruction;  // "7: (79) r0 = *(u64 *)(r0 +0)"
  long instruction_index = -1;
  logged_source source;

  // The registers and stack slots that the message or the instruction names, each with where its
  // value came from.
  std::vector<traced_value> values;

  std::vector<report_section> report;  // what Linux 7.3 explains itself
};

// What is known about a load that failed. Any text is accepted.
struct failed_load {
  std::string_view verifier_log;  // of one program; empty: the verifier said nothing
  std::string_view libbpf_log;
  int code = 0;  // errno, positive
};

// The kind of a failure without a message that is known is `other`, or what errno tells:
// `permission`, `memory_limit`, `too_complex` or `log_full`.
explanation explain_load(const failed_load& failed);

// The text for people: some lines of 100 columns, without a line break at the end. Each line begins
// with `indentation`. `source_lines` replaces the line of the source, for those who have read the
// source file; it ends with a line break when it is not empty. Control characters stay: see
// make_printable().
std::string explanation_text(const explanation& explained, std::string_view indentation,
                             std::string_view source_lines = {});

}  // namespace ebpfkit::detail
