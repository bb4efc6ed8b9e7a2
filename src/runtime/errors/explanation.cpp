#include "explanation.hpp"

#include <errno.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "complaint_words.hpp"
#include "explanation_cases.hpp"
#include "instruction_effect.hpp"
#include "register_words.hpp"
#include "rejection.hpp"
#include "verifier_log.hpp"
#include "verifier_trace.hpp"

namespace ebpfkit::detail {
namespace {

constexpr auto absent = std::string_view::npos;

std::string_view from_place(std::string_view text, std::size_t begin) {
  text.remove_prefix(std::min(begin, text.size()));
  return text;
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

// The number behind the first `key` that a number follows. -1: there is none.
long number_behind(std::string_view text, std::string_view key) {
  for (auto at = text.find(key); at != absent; at = text.find(key)) {
    text = from_place(text, at + key.size());
    const bool is_negative = !text.empty() && text.front() == '-';
    if (is_negative)
      text.remove_prefix(1);
    const auto digits = first(text, std::min(text.find_first_not_of("0123456789"), text.size()));
    if (digits.empty() || digits.size() > 9)
      continue;
    long number = 0;
    for (const char digit : digits)
      number = number * 10 + (digit - '0');
    return is_negative ? -number : number;
  }
  return -1;
}

// The registers that a text names: "R1" in a message, "r1" in an instruction.
std::vector<unsigned> registers_in(std::string_view text, char letter) {
  std::vector<unsigned> found;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const bool begins_word = at == 0 || text[at - 1] == ' ' || text[at - 1] == '(';
    if (text[at] != letter || !begins_word || !is_digit(text[at + 1]))
      continue;
    const auto is_longer = at + 2 < text.size() && is_digit(text[at + 2]);
    const auto number = static_cast<unsigned>(text[at + 1] - '0');
    // R10 is the frame pointer: nothing writes it.
    if (!is_longer && std::find(found.begin(), found.end(), number) == found.end())
      found.push_back(number);
  }
  return found;
}

// Messages about an argument count from 0 and may not name the register.
long argument_in(std::string_view cause) {
  for (const auto* key : {"args#", "arg#", "trusted arg", "arg "}) {
    if (const auto number = number_behind(cause, key); number >= 0 && number < 5)
      return number + 1;
  }
  return -1;
}

// "r0 = *(u32 *)(r1 +200)" without "r0 =": what a load gives was not there before it.
std::string_view without_result(std::string_view code) {
  constexpr std::string_view loads = " = *(";
  const auto at = code.find(loads);
  return at == 2 && code.front() == 'r' ? from_place(code, at + 2) : code;
}

// The same for "*(u32 *)(r1 +0) = r2": where it is stored matters, not what.
std::string_view without_stored_value(std::string_view code) {
  return first(code, 2) == "*(" ? first(code, code.find(") = ")) : code;
}

// The size that a helper gets for its memory stands in the next register.
void add_size_argument(explanation& explained, const verifier_trace& trace,
                       const std::vector<unsigned>& numbers) {
  if (explained.is != rejection::memory_bounds || numbers.size() != 1 || numbers.front() > 4 ||
      first(trace.last_code(), 5) != "call ")
    return;
  std::vector<traced_value> size;
  trace.follow_register(numbers.front() + 1, size);
  if (!size.empty() && is_number_state(size.front().state))
    explained.values.insert(explained.values.end(), size.begin(), size.end());
}

void add_invalidation(explanation& explained, const verifier_trace& trace, unsigned number) {
  const bool was_remedy = std::exchange(explained.hint_is_remedy, true);
  switch (trace.add_invalidation(number, explained.values)) {
    case verifier_trace::invalidation::packet_changed:
      explained.hint =
          "The pointer to the packet was valid until a helper was called that may move the packet. "
          "After that call, read data and data_end from the context again, and compare again.";
      break;
    case verifier_trace::invalidation::released:
      explained.hint =
          "The pointer was valid until a function took it back (submit, discard, release). Use it "
          "before that call, and not after it.";
      break;
    case verifier_trace::invalidation::none:
      explained.hint_is_remedy = was_remedy;
      break;
  }
}

// Follows the registers of the message or instruction. Of a pointer and a number that is added to
// it, the number is the one that matters.
void follow_registers(explanation& explained, const verifier_trace& trace,
                      const std::vector<unsigned>& numbers) {
  std::vector<std::vector<traced_value>> ways(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    trace.follow_register(numbers[i], ways[i]);
  const auto begins_with_number = [](const std::vector<traced_value>& way) {
    return !way.empty() && is_number_state(way.front().state);
  };
  if (explained.is == rejection::pointer_arithmetic)
    std::stable_partition(ways.begin(), ways.end(), begins_with_number);
  for (const auto& way : ways)
    for (const auto& value : way) {
      const bool is_known =
          std::any_of(explained.values.begin(), explained.values.end(), [&](const auto& other) {
            return other.name == value.name && other.path_position == value.path_position;
          });
      if (!is_known && explained.values.size() < verifier_trace::most_steps)
        explained.values.push_back(value);
    }
}

// Whether the instruction of `later` copied or changed `value`, in the same line of the source.
bool is_step_to(const traced_value& value, const traced_value& later) {
  if (value.path_position >= later.path_position || later.source.text.empty() ||
      (later.state.empty() && !value.state.empty()) || value.source.text != later.source.text ||
      value.source.line != later.source.line || value.source.file != later.source.file)
    return false;
  const auto code = from_place(later.instruction, later.instruction.find(": ") + 2);
  const auto does = effect_of(code);
  return value.name == later.name || (does.writes && does.has_source && !does.keeps_old &&
                                      value.name == formatted("R%u", does.source));
}

// The steps of one line of the source say less than its result: an address that is computed, a
// number that is loaded and masked, a value that is copied. A number that is added to a pointer
// stays.
void drop_repeated(std::vector<traced_value>& values) {
  const auto copy = values;
  const auto is_step = [&copy](const traced_value& value) {
    return std::any_of(copy.begin(), copy.end(),
                       [&value](const auto& later) { return is_step_to(value, later); });
  };
  values.erase(std::remove_if(values.begin(), values.end(), is_step), values.end());
}

void trace_values(explanation& explained, std::string_view log) {
  const verifier_trace trace(log);
  auto& values = explained.values;
  explained.source = trace.last_source();
  const std::string_view cause = explained.cause;
  switch (explained.is) {
    case rejection::unreleased_reference:
      if (const auto made = number_behind(cause, "alloc_insn="); made >= 0)
        trace.add_instruction(static_cast<unsigned>(made),
                              formatted("what took reference %ld", number_behind(cause, "id=")),
                              values);
      return;
    case rejection::lock_held:
      trace.add_call("bpf_spin_lock", "what took the lock", values);
      return;
    // These are about the program as a whole.
    case rejection::stack_depth:
    case rejection::too_complex:
    case rejection::endless_loop:
    case rejection::unknown_helper:
    case rejection::helper_not_allowed:
    case rejection::licence:
    case rejection::sleep_or_rcu:
    case rejection::kernel_function_not_allowed:
    case rejection::kernel_symbol:
    case rejection::missing_field:
    case rejection::attach_target:
    case rejection::unreachable_code:
    case rejection::unknown_instruction:
    case rejection::log_full:
      return;
    default:
      break;
  }
  const bool is_call = first(trace.last_code(), 5) == "call ";
  explained.figures = explained.is == rejection::uninitialised ? words_of_unwritten(cause, is_call)
                      : explained.is == rejection::read_only_memory
                          ? words_of_read_only(cause)
                          : words_of_bounds(cause, is_call);
  // "invalid read from stack R10 off=-16 size=8", "invalid read from stack off -16+0 size 8". What
  // the slot holds does not matter when it is too small.
  if (!is_beyond_stack(cause) && cause.find("from stack") != absent &&
      cause.find("variable-offset") == absent) {
    auto offset = number_behind(cause, "off=");
    if (offset == -1)
      offset = number_behind(cause, "off ");
    if (offset < 0)
      trace.follow_stack(offset, values);
  }
  auto numbers = registers_in(cause, 'R');
  if (const auto argument = argument_in(cause); argument > 0 && numbers.empty())
    numbers.push_back(static_cast<unsigned>(argument));
  // The frame pointer is known, and what is written there does not matter.
  const bool is_about_stack =
      explained.is == rejection::stack_bounds || explained.is == rejection::misaligned_access;
  if (numbers.empty() && values.empty() && !is_about_stack)
    numbers = registers_in(without_stored_value(without_result(trace.last_code())), 'r');
  follow_registers(explained, trace, numbers);
  add_size_argument(explained, trace, numbers);
  drop_repeated(values);
  if (explained.is == rejection::scalar_as_pointer && !numbers.empty())
    add_invalidation(explained, trace, numbers.front());
}

// The line of `printed` that has the message, without libbpf's own name before it.
std::string line_with(std::string_view printed, const known_message& message) {
  while (!printed.empty()) {
    const auto line = first(printed, printed.find('\n'));
    printed.remove_prefix(std::min(line.size() + 1, printed.size()));
    if (find_libbpf_message(line) == &message) {
      constexpr std::string_view head = "libbpf: ";
      return std::string(from_place(line, first(line, head.size()) == head ? head.size() : 0));
    }
  }
  return {};
}

// Without a message that is known, errno tells the kind.
rejection kind_of(int code, bool has_log) {
  switch (code) {
    case EPERM:
      return rejection::permission;
    case EACCES:
      return has_log ? rejection::other : rejection::permission;
    case ENOMEM:
      return rejection::memory_limit;
    case E2BIG:
      return rejection::too_complex;
    // bpf_vlog_finalize() of Linux 6.4, and bpf_check() before.
    case ENOSPC:
      return rejection::log_full;
    default:
      return rejection::other;
  }
}

std::string first_complaint(std::string_view printed) {
  constexpr std::string_view head = "libbpf: ";
  // libbpf warns of the limit, and goes on. What fails stands behind it.
  constexpr std::string_view limit = "libbpf: Failed to bump RLIMIT_MEMLOCK";
  auto line = first(printed, printed.find('\n'));
  if (first(line, limit.size()) == limit && line.size() + 1 < printed.size()) {
    printed.remove_prefix(line.size() + 1);
    line = first(printed, printed.find('\n'));
  }
  return std::string(from_place(line, first(line, head.size()) == head ? head.size() : 0));
}

}  // namespace

explanation explain_load(const failed_load& failed) {
  explanation explained;
  auto log = failed.verifier_log;
  explained.report = take_report_sections(log);
  auto cause = find_cause(log);
  explained.cause = std::move(cause.reason);
  explained.instruction = std::move(cause.instruction);
  const auto* message = find_verifier_message(explained.cause);
  // libbpf may have put its words where the instruction stands.
  if (!message)
    message = find_verifier_message(explained.instruction);
  if (!message && (explained.cause.empty() || failed.code == EPERM)) {
    message = find_libbpf_message(failed.libbpf_log);
    if (message)
      explained.cause = line_with(failed.libbpf_log, *message);
  }
  if (message) {
    explained.is = message->is;
    explained.printed_by = message->printed_by;
    if (message->hint)
      explained.hint = message->hint;
    explained.hint_is_remedy = message->hint_is_remedy;
  } else {
    explained.is = kind_of(failed.code, !failed.verifier_log.empty());
  }
  correct_kind(explained);
  if (explained.cause.empty())
    explained.cause = first_complaint(without_program_logs(failed.libbpf_log));
  trace_values(explained, log);
  add_case(explained, failed);
  logged_instruction last;
  if (read_instruction(explained.instruction, last))
    explained.instruction_index = static_cast<long>(last.index);
  // check_cfg() and its like name the instruction, and the log has none.
  if (explained.instruction_index < 0)
    explained.instruction_index = number_behind(explained.cause, "insn ");
  return explained;
}

}  // namespace ebpfkit::detail
