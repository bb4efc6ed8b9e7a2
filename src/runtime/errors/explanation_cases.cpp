#include "explanation_cases.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "complaint_words.hpp"
#include "explanation.hpp"
#include "log_numbers.hpp"
#include "log_text.hpp"
#include "register_words.hpp"
#include "rejection.hpp"

namespace ebpfkit::detail {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool stops_at_call(const explanation& explained) {
  return contains(explained.instruction, ") call ");
}

void set_remedy(explanation& explained, std::string remedy) {
  explained.hint = std::move(remedy);
  explained.hint_is_remedy = true;
}

void add_case_of_bounds(explanation& explained) {
  const std::string_view cause = explained.cause;
  access_figures access;
  if (!read_access(cause, access))
    return;
  const auto room = access.limit - access.offset;
  if (stops_at_call(explained)) {
    // Without a place behind the end, the size is too large.
    if (access.offset >= 0 && room > 0 && access.size > room)
      set_remedy(explained,
                 formatted("The helper accesses up to %" PRId64 " bytes, and from byte %" PRId64
                           " on the memory has %" PRId64
                           ". If the call has a size, limit it just before the call: `if (size > "
                           "%" PRId64 ") return 0;`. Or give the helper larger memory, for example "
                           "a larger value of the map.",
                           access.size, access.offset, room, room));
    return;
  }
  if (contains(cause, " max value is outside")) {
    if (access.offset != access.limit)
      set_remedy(
          explained,
          formatted("The check of the index, if there is one, allows a place up to byte "
                    "%" PRId64 ". The last place where %" PRId64 " bytes fit is byte %" PRId64
                    ": compare the index with the number of elements, `if (index >= COUNT) "
                    "return 0;`.",
                    access.offset, access.size, access.limit - access.size));
    else
      set_remedy(explained,
                 "The check of the index lets one element too many through: the largest index that "
                 "it allows lies just behind the end. Write `if (index >= COUNT) return 0;` and "
                 "not `>`, or `index < COUNT` and not `<=`.");
    return;
  }
  const bool is_constant = !explained.values.empty() && !explained.values.front().state.empty() &&
                           !contains(explained.values.front().state, "var_off");
  if (is_constant)
    set_remedy(explained, access.offset < 0
                              ? "The place is a constant, and lies before the memory. Use an index "
                                "that is not negative."
                              : "The place is a constant, and lies behind the end. Use a smaller "
                                "index or offset, or make the memory larger: the value of the map, "
                                "or the array.");
}

void add_case_of_arithmetic(explanation& explained) {
  const auto& values = explained.values;
  const bool has_upper_limit_only =
      std::any_of(values.begin(), values.end(), [](const traced_value& value) {
        return contains(words_of_state(value.state), "it may be negative, without a limit");
      });
  if (contains(explained.cause, "unbounded min value") && has_upper_limit_only)
    set_remedy(explained,
               "The number has an upper limit, but no lower one: it may be negative. Make the "
               "variable unsigned (`unsigned long`), so that one comparison limits it on both "
               "sides. Or compare it with 0, too: `if (index < 0 || index >= COUNT) return 0;`.");
}

void add_case_of_stack(explanation& explained) {
  if (!contains(explained.cause, "var_off=") && !contains(explained.cause, "variable"))
    return;
  set_remedy(explained,
             "An index decides which byte of the stack it is, and may go beyond the variable. "
             "Compare it with the number of elements just before the access: `if (index >= COUNT) "
             "return 0;`, or use a mask that fits: `index & (COUNT - 1)` where COUNT is a power of "
             "two. Some kernels before 5.12 allow no such index for plain reads and writes: move "
             "the array into the value of a map there.");
}

// "stack depth 304+304" behind the log: the shares of the functions, in the order of the code. The
// sum of the message rounds each share up: see round_up_stack_depth() in the kernel's verifier.c.
void add_shares_of_stack(explanation& explained, std::string_view log) {
  constexpr std::string_view title = "\nstack depth ";
  constexpr std::size_t most_shares = 32;
  const auto begin = log.rfind(title);
  if (begin == std::string_view::npos)
    return;
  auto line = part_behind(log, begin + title.size());
  line = first(line, line.find('\n'));
  std::vector<unsigned> shares;
  for (unsigned share = 0; shares.size() < most_shares && take_number(line, share);) {
    shares.push_back(share);
    if (!starts_with(line, "+"))
      break;
    line.remove_prefix(1);
  }
  if (shares.size() < 2)
    return;
  std::string others;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    sum += (std::uint64_t{shares[i]} + 31) / 32 * 32;
    if (i != 0)
      others += joined({others.empty() ? "" : ", ", std::to_string(shares[i])});
  }
  explained.figures = joined(
      {"Bytes of stack: ", std::to_string(shares.front()), " of the program itself, and ", others,
       shares.size() == 2 ? " of the function that it calls."
                          : " of the functions that it calls, in the order of the code."});
  std::int64_t total = 0;
  if (number_after(explained.cause, "calls is ", total) && total > 0 &&
      static_cast<std::uint64_t>(total) == sum)
    explained.figures +=
        formatted(" This kernel rounds each up to a multiple of 32: %" PRId64 " together.", total);
}

// record_func_key() of the kernel's verifier.c says "kernel subsystem misconfigured verifier"
// before Linux 6.17.
void add_case_of_tail_call(explanation& explained) {
  if (!contains(explained.cause, "array map for tail call") &&
      !contains(explained.cause, "kernel subsystem misconfigured verifier"))
    return;
  explained.printed_by = "record_func_key()";
  set_remedy(explained,
             "bpf_tail_call() takes a map of the type BPF_MAP_TYPE_PROG_ARRAY, and this one has "
             "another type. Declare a map with `__uint(type, BPF_MAP_TYPE_PROG_ARRAY);` and a key "
             "and a value of 4 bytes, and give that one to the call.");
}

// Sections begin with bpf_rcu_read_lock(), bpf_preempt_disable() or bpf_local_irq_save(). Returns
// whether the verifier complains about one.
bool add_case_of_section(explanation& explained) {
  const std::string_view cause = explained.cause;
  const char* begin = nullptr;
  const char* end = nullptr;
  if (contains(cause, "rcu_read")) {
    begin = "bpf_rcu_read_lock()";
    end = "bpf_rcu_read_unlock()";
  } else if (contains(cause, "preempt")) {
    begin = "bpf_preempt_disable()";
    end = "bpf_preempt_enable()";
  } else if (contains(cause, "irq_")) {
    begin = "bpf_local_irq_save()";
    end = "bpf_local_irq_restore()";
  } else {
    return false;
  }
  if (contains(cause, "unmatched"))
    set_remedy(explained, joined({"No section is open on a path to this line: call ", begin,
                                  " before it on every path, or take ", end, " out."}));
  else if (contains(cause, "nested"))
    set_remedy(explained,
               joined({"A section is open already, and this kernel allows one: call ", end,
                       " before the next ", begin, ", or take the inner section out."}));
  else if (contains(cause, "sleepable"))
    set_remedy(
        explained,
        joined({"What is called here may sleep, and the program is between ", begin, " and ", end,
                ". Move the call before the first or behind the second of them, or call ",
                "what does not sleep: bpf_probe_read_user() in place of bpf_copy_from_user()."}));
  else
    set_remedy(explained, joined({"Call ", end, " on every path that leads from ", begin,
                                  " to this line, before it."}));
  return true;
}

// E2BIG comes from the checks of the map's sizes, before the kernel takes memory
// (array_map_alloc_check() in kernel/bpf/arraymap.c).
void add_case_of_memory(explanation& explained) {
  if (contains(explained.cause, "(-7)"))
    set_remedy(explained,
               "This kernel allows no map of that size, whatever the limits are: make max_entries "
               "or the value smaller.");
}

void add_case_of_sleep(explanation& explained) {
  if (add_case_of_section(explained))
    return;
  const std::string_view cause = explained.cause;
  const bool is_kind_of_program = contains(cause, "unknown func") ||
                                  contains(cause, "cannot use helper") ||
                                  contains(cause, "non-sleepable prog");
  if (!is_kind_of_program || !contains(explained.instruction, "call bpf_copy_from_user#"))
    return;
  set_remedy(
      explained,
      "bpf_copy_from_user() may sleep, and this program may not. What works in every tracing "
      "program is bpf_probe_read_user() in its place: it takes the same arguments, and fails "
      "for memory that is swapped out. To keep the call, the hook itself must be able to "
      "sleep: a system call (SEC(\"fentry.s/__x64_sys_nanosleep\")), a function that allows "
      "error injection, or an LSM hook that sleeps (SEC(\"lsm.s/bprm_committed_creds\")). "
      "Other functions of the kernel cannot, even with fentry.s.");
}

void add_case_of_permission(explanation& explained, const failed_load& failed) {
  // bpf_object_load_prog() of libbpf. It says the same when the kernel refuses a map.
  explained.is_unseen =
      explained.instruction.empty() && contains(failed.libbpf_log, "BPF program load failed");
  if (!explained.is_unseen)
    return;
  explained.figures =
      "The kernel refused the program before the verifier looked at it: no line of its code is the "
      "cause, but the kind of the program, which SEC() names.";
  if (contains(explained.cause, "while running as root"))
    set_remedy(
        explained,
        "This kernel allows such a program not even to root, or not in this container. Use another "
        "kind of program, such as a tracepoint, or load it on another kernel, for example in a "
        "virtual machine: `ebpfkit inspect verbose-load --kernel debian/6.12/amd64`. What forbids "
        "it may be lockdown (/sys/kernel/security/lockdown), SELinux or AppArmor (see their logs), "
        "or the capabilities and the seccomp profile of the container. `ulimit -l` matters only "
        "before Linux 5.11.");
}

}  // namespace

void correct_kind(explanation& explained) {
  // Some messages of the kernel have no line break, so that the statistics follow in their line.
  explained.cause.erase(
      std::min(explained.cause.find("verification time "), explained.cause.size()));
  const bool is_call = stops_at_call(explained);
  if (is_beyond_stack(explained.cause)) {
    // "invalid read from stack R2 off=-4 size=84" is not about memory that nothing has written.
    explained.is = is_call ? rejection::size_argument : rejection::stack_bounds;
    set_remedy(explained,
               is_call
                   ? "The variable is smaller than what the helper reads from it or writes to "
                     "it. If it is the key or the value of a map: the map's declaration has a "
                     "larger type (__type(key, ...), key_size), so declare the variable with "
                     "that type. If the call has a size: use sizeof of the variable."
                   : "The access goes beyond the end of the stack: the variable is smaller than "
                     "what is read from it or written to it. Compare the index with its size, "
                     "or make the variable larger.");
    explained.printed_by = "check_stack_access_within_bounds()";
  } else if (is_below_stack(explained.cause)) {
    explained.is = rejection::stack_bounds;
  }
}

void add_case(explanation& explained, const failed_load& failed) {
  switch (explained.is) {
    case rejection::memory_bounds:
      add_case_of_bounds(explained);
      break;
    case rejection::pointer_arithmetic:
      add_case_of_arithmetic(explained);
      break;
    case rejection::stack_bounds:
      add_case_of_stack(explained);
      break;
    case rejection::stack_depth:
      add_shares_of_stack(explained, failed.verifier_log);
      break;
    case rejection::memory_limit:
      add_case_of_memory(explained);
      break;
    case rejection::tail_call:
      add_case_of_tail_call(explained);
      break;
    case rejection::sleep_or_rcu:
      add_case_of_sleep(explained);
      break;
    case rejection::permission:
      add_case_of_permission(explained, failed);
      break;
    default:
      break;
  }
}

}  // namespace ebpfkit::detail
