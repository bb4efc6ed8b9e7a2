#include "verifier_trace.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "instruction_effect.hpp"
#include "log_text.hpp"
#include "register_words.hpp"
#include "verifier_log.hpp"

namespace ebpfkit::detail {
namespace {

constexpr auto nowhere = std::string_view::npos;
constexpr unsigned frame_pointer = 10;

// The state of the register or slot `name` in "R0=1 R1_w=inv(id=0,var_off=(0x0; 0xff)) fp-8=mmmm".
// Empty: it is not there.
std::string_view state_in(std::string_view states, std::string_view name) {
  while (!states.empty()) {
    states = part_behind(states, std::min(states.find_first_not_of(' '), states.size()));
    // A state may have blanks in brackets.
    std::size_t end = 0;
    for (int depth = 0; end < states.size() && (depth > 0 || states[end] != ' '); ++end) {
      depth += states[end] == '(' ? 1 : 0;
      depth -= states[end] == ')' ? 1 : 0;
    }
    const auto word = first(states, end);
    const auto equals = word.find('=');
    if (equals != nowhere && first(word, std::min(equals, word.find('_'))) == name)
      return part_behind(word, equals + 1);
    states = part_behind(states, end);
  }
  return {};
}

// "fp-8": the address says all about the value. "fp(off=-32,...)" does not.
bool is_stack_address(std::string_view state) {
  return starts_with(state, "fp") && state.find('(') == nowhere;
}

bool is_known(const std::vector<traced_value>& found, const traced_value& value) {
  return std::any_of(found.begin(), found.end(), [&value](const traced_value& other) {
    return other.name == value.name && other.instruction == value.instruction;
  });
}

}  // namespace

verifier_trace::verifier_trace(std::string_view log) {
  if (log.size() > most_bytes)
    log.remove_prefix(log.size() - most_bytes);
  while (!log.empty()) {
    const auto text = first(log, log.find('\n'));
    log.remove_prefix(std::min(text.size() + 1, log.size()));
    add(text);
  }
  last_ = lines_.size();
  for (std::size_t at = lines_.size(); at > 0 && last_ == lines_.size(); --at) {
    if (lines_[at - 1].is == kind::instruction)
      last_ = at - 1;
  }
}

void verifier_trace::add(std::string_view text) {
  line added;
  logged_instruction instruction;
  if (read_instruction(text, instruction)) {
    added.is = kind::instruction;
    added.index = instruction.index;
    added.code = instruction.code;
    added.state = instruction.state;
  } else if (starts_with(text, ";")) {
    added.is = kind::source;
    added.code = text;
  } else if (starts_with(text, "from ")) {
    // "from 3 to 9: R0=1 R10=fp0", "from 3 to 9 (speculative execution): ..."
    auto rest = part_behind(text, 5);
    long index = 0;
    if (take_decimal(rest, index) && index >= 0) {
      added.is = kind::branch;
      added.index = static_cast<unsigned>(index);
      added.state = part_behind(rest, std::min(rest.find(':'), rest.size()) + 1);
    }
  } else if (starts_with(text, "callee:")) {
    added.is = kind::callee;
  } else if (starts_with(text, "to caller at ")) {
    added.is = kind::caller;
  } else if (take_state_line(text)) {
    added.is = kind::state;
    added.state = text;
  }
  if (added.is != kind::other)
    lines_.push_back(added);
}

long verifier_trace::last_instruction() const {
  return last_ == lines_.size() ? -1 : static_cast<long>(lines_[last_].index);
}

std::string_view verifier_trace::last_code() const {
  return last_ == lines_.size() ? std::string_view() : lines_[last_].code;
}

logged_source verifier_trace::last_source() const {
  return last_ == lines_.size() ? logged_source() : source_of(last_);
}

// The kernel prints a line of the source when it differs from the one that it printed before, so
// the nearest one above counts.
logged_source verifier_trace::source_of(std::size_t at) const {
  while (at-- > 0) {
    if (lines_[at].is != kind::source)
      continue;
    auto source = read_source(lines_[at].code);
    if (!source.text.empty())
      return source;
  }
  return {};
}

// Goes to the line before `at` on the path. What stands above a branch belongs to another path, up
// to the instruction that branched. False: the log has no more.
bool verifier_trace::step_back(std::size_t& at) const {
  if (lines_[at].is != kind::branch)
    return at-- > 0;
  const auto branched = lines_[at].index;
  while (at-- > 0) {
    if (lines_[at].is == kind::instruction && lines_[at].index == branched)
      return true;
  }
  return false;
}

// Searches backwards for an instruction that writes `name`, and for its state. What the instruction
// at `from` itself writes does not count.
template <class Writes>
verifier_trace::written verifier_trace::find_write(std::size_t from, const std::string& name,
                                                   bool is_frames_own, const Writes& writes) const {
  written found;
  int called = 0;           // how many functions deeper than the one of `from`
  bool is_entered = false;  // the next instruction is the call of the function
  // Linux 5.10 prints states behind the instruction.
  for (auto at = from == last_ ? lines_.size() - 1 : from;;) {
    const auto& each = lines_[at];
    const bool is_writer = each.is == kind::instruction && writes(effect_of(each.code));
    if (each.is == kind::caller) {
      ++called;
    } else if (each.is == kind::callee && called > 0) {
      --called;
    } else if (each.is == kind::callee) {
      // R1 to R5 come from the caller. Its other registers and its stack are its own.
      if (is_frames_own)
        return found;
      is_entered = true;
    }
    // A called function has its own stack and its own R6 to R9.
    if (called == 0 || !is_frames_own) {
      if (found.state.empty() && !(is_writer && at == from))
        found.state = state_in(each.state, name);
      if (is_writer && at != from && !is_entered) {
        found.at = at;
        found.is_found = true;
        return found;
      }
    }
    if (each.is == kind::instruction)
      is_entered = false;
    if (!step_back(at))
      return found;
  }
}

traced_value verifier_trace::value_at(const written& write, std::string name) const {
  traced_value value;
  value.name = std::move(name);
  value.state = write.state;
  if (write.is_found) {
    const auto& writer = lines_[write.at];
    value.instruction = formatted("%u: ", writer.index) + std::string(writer.code);
    value.instruction_index = static_cast<long>(writer.index);
    value.path_position = write.at + 1;
    value.source = source_of(write.at);
  }
  return value;
}

verifier_trace::written verifier_trace::write_of(std::size_t from, unsigned number) const {
  return find_write(from, formatted("R%u", number), number >= 6,
                    [number](const instruction_effect& does) {
                      return does.is_call ? number < 6 : does.writes && does.target == number;
                    });
}

void verifier_trace::follow(std::size_t from, unsigned number,
                            std::vector<traced_value>& found) const {
  if (found.size() >= most_steps || number >= frame_pointer)
    return;
  const auto name = formatted("R%u", number);
  const auto write = write_of(from, number);
  auto value = value_at(write, name);
  if (is_known(found, value))
    return;
  found.push_back(std::move(value));
  if (write.is_found && !is_stack_address(write.state))
    follow_value(write.at, found);
}

void verifier_trace::follow_slot(std::size_t from, long offset,
                                 std::vector<traced_value>& found) const {
  if (found.size() >= most_steps)
    return;
  const auto name = formatted("fp%ld", offset);
  const auto write = find_write(from, name, true, [offset](const instruction_effect& does) {
    return does.stores_slot && does.slot == offset;
  });
  auto value = value_at(write, name);
  if (is_known(found, value))
    return;
  found.push_back(std::move(value));
  if (write.is_found)
    follow_value(write.at, found);
}

// Follows what the instruction at `at` took its value from.
void verifier_trace::follow_value(std::size_t at, std::vector<traced_value>& found) const {
  const auto does = effect_of(lines_[at].code);
  if (does.loads_slot)
    return follow_slot(at, does.slot, found);
  if (does.has_source)
    follow(at, does.source, found);
  if (does.writes && does.keeps_old)
    follow(at, does.target, found);
}

void verifier_trace::follow_register(unsigned number, std::vector<traced_value>& found) const {
  if (last_ != lines_.size())
    follow(last_, number, found);
}

void verifier_trace::follow_stack(long offset, std::vector<traced_value>& found) const {
  if (last_ != lines_.size())
    follow_slot(last_, offset, found);
}

verifier_trace::invalidation verifier_trace::add_invalidation(
    unsigned number, std::vector<traced_value>& found) const {
  if (last_ == lines_.size() || number >= frame_pointer)
    return invalidation::none;
  auto name = formatted("R%u", number);
  auto write = write_of(last_, number);
  // A pointer that waited on the stack.
  if (const auto does = write.is_found ? effect_of(lines_[write.at].code) : instruction_effect();
      does.loads_slot) {
    name = formatted("fp%ld", does.slot);
    write = find_write(write.at, name, true, [&does](const instruction_effect& other) {
      return other.stores_slot && other.slot == does.slot;
    });
  }
  if (!write.is_found)
    return invalidation::none;
  // The first call of each sort behind which it was no pointer, and what it was before.
  auto packet_call = lines_.size();
  auto release_call = lines_.size();
  std::string_view state;
  for (auto at = last_; at != write.at && step_back(at);) {
    const auto function = called_function(lines_[at].code);
    const bool is_call = lines_[at].is == kind::instruction && !function.empty();
    if (const auto known = state_in(lines_[at].state, name); is_number_state(known)) {
      packet_call = release_call = lines_.size();
    } else if (!known.empty() && (packet_call < lines_.size() || release_call < lines_.size())) {
      state = known;
      break;
    }
    if (is_call && changes_packet(function))
      packet_call = at;
    else if (is_call && releases(function))
      release_call = at;
  }
  const bool is_packet = starts_with(state, "pkt");
  // Memory and objects of the kernel that a program gives back: their states have an id.
  const bool is_reference = state.find("ref_obj_id=") != nowhere;
  written call;
  call.at = is_packet ? packet_call : release_call;
  if ((!is_packet && !is_reference) || call.at == lines_.size())
    return invalidation::none;
  call.is_found = true;
  found.push_back(value_at(call, formatted("what made R%u useless", number)));
  return is_packet ? invalidation::packet_changed : invalidation::released;
}

void verifier_trace::add_call(std::string_view function, std::string name,
                              std::vector<traced_value>& found) const {
  for (auto at = last_; last_ != lines_.size() && step_back(at);) {
    if (lines_[at].is != kind::instruction || called_function(lines_[at].code) != function)
      continue;
    written call;
    call.at = at;
    call.is_found = true;
    found.push_back(value_at(call, std::move(name)));
    return;
  }
}

void verifier_trace::add_instruction(unsigned index, std::string name,
                                     std::vector<traced_value>& found) const {
  for (std::size_t at = lines_.size(); at > 0; --at) {
    if (lines_[at - 1].is != kind::instruction || lines_[at - 1].index != index)
      continue;
    written write;
    write.at = at - 1;
    write.is_found = true;
    found.push_back(value_at(write, std::move(name)));
    return;
  }
}

}  // namespace ebpfkit::detail
