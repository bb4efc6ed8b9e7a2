#include "ebpfkit/alternatives.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/features.hpp"
#include "load_remedy.hpp"
#include "unmade_struct_ops.hpp"

namespace ebpfkit {
namespace {

// Gives the copy the maps that the object is going to have.
void copy_declarations(const bpf_object* from, bpf_object* to) {
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(to, map))) {
    bpf_map* original = bpf_object__find_map_by_name(from, bpf_map__name(map));
    if (!original)
      continue;
    // The copy must not touch what others use.
    bpf_map__set_pin_path(map, nullptr);
    if (bpf_map__is_internal(map)) {
      std::size_t size = 0;
      const void* value = bpf_map__initial_value(original, &size);
      if (value && size == bpf_map__value_size(map))
        bpf_map__set_initial_value(map, value, size);
      continue;
    }
    bpf_map__set_type(map, bpf_map__type(original));
    bpf_map__set_key_size(map, bpf_map__key_size(original));
    bpf_map__set_value_size(map, bpf_map__value_size(original));
    bpf_map__set_max_entries(map, bpf_map__max_entries(original));
    bpf_map__set_map_flags(map, bpf_map__map_flags(original));
    bpf_map__set_map_extra(map, bpf_map__map_extra(original));
    bpf_map__set_numa_node(map, bpf_map__numa_node(original));
    bpf_map__set_ifindex(map, bpf_map__ifindex(original));
    // A struct_ops map needs all of its programs.
    bpf_map__set_autocreate(
        map, bpf_map__autocreate(original) && bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS);
  }
}

// The one program of the copy that is tried. Null: the copy does not have it.
bpf_program* select_program(const bpf_program* original, bpf_object* copy) {
  bpf_program* selected = nullptr;
  bpf_program* each = nullptr;
  while ((each = bpf_object__next_program(copy, each))) {
    const bool is_it = strcmp(bpf_program__name(each), bpf_program__name(original)) == 0;
    bpf_program__set_autoload(each, is_it);
    if (is_it)
      selected = each;
  }
  if (selected) {
    bpf_program__set_type(selected, bpf_program__type(original));
    bpf_program__set_expected_attach_type(selected, bpf_program__expected_attach_type(original));
    bpf_program__set_flags(selected, bpf_program__flags(original));
  }
  return selected;
}

// Whether the program only looks, so that nobody notices that it is attached for a moment.
bool may_attach(const bpf_program* program) {
  if (!strchr(bpf_program__section_name(program), '/'))
    return false;  // SEC() names no hook
  switch (bpf_program__type(program)) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
      return true;
    case BPF_PROG_TYPE_TRACING: {
      const auto type = bpf_program__expected_attach_type(program);
      return type == BPF_TRACE_FENTRY || type == BPF_TRACE_FEXIT || type == BPF_TRACE_RAW_TP;
    }
    default:
      return false;
  }
}

class chooser {
 public:
  chooser(bpf_object* object, bool try_attaching, const detail::copy_maker& with_copy)
      : object_(object), try_attaching_(try_attaching), with_copy_(with_copy) {}

  // Sets outcome and failure. The outcome `taken` means: it works.
  result<void> look_at(const bpf_program* original, group_member& member) {
    return with_copy_([&](bpf_object* copy) -> result<void> {
      copy_declarations(object_, copy);
      bpf_program* program = select_program(original, copy);
      if (!program)
        return detail::failed_to("find", "program", member.program.c_str(), EINVAL,
                                 "The copy of the object does not have it.");
      if (!is_lacking(copy, member))
        attempt(copy, program, bpf_program__autoattach(original), member);
      return {};
    });
  }

 private:
  bool is_lacking(const bpf_object* copy, group_member& member) {
    const auto user = detail::quoted("program", member.program.c_str());
    for (const auto& need : features_.missing_for(copy)) {
      if (need.user != user || need.effect == missing_effect::none)
        continue;
      member.outcome = group_outcome::lacks;
      member.failure =
          detail::failed_to("use", "program", member.program.c_str(), EOPNOTSUPP, need.message());
      return true;
    }
    return false;
  }

  void attempt(bpf_object* copy, bpf_program* program, bool autoattach, group_member& member) {
    detail::log_capture log;
    const detail::unmade_struct_ops hidden(copy);
    if (const int code = bpf_object__load(copy)) {
      member.outcome = group_outcome::load_refused;
      member.failure = detail::diagnose_named(detail::operation::load, "object",
                                              bpf_object__name(copy), code, log.take());
      if (auto remedy = detail::load_remedy_for(copy, member.failure); !remedy.empty())
        member.failure.remedy = std::move(remedy);
      return;
    }
    if (try_attaching_ && autoattach && may_attach(program)) {
      bpf_link* attached = bpf_program__attach(program);
      if (const auto code = static_cast<int>(libbpf_get_error(attached))) {
        member.outcome = group_outcome::attach_refused;
        member.failure = detail::diagnose_named(detail::operation::attach, "program",
                                                member.program.c_str(), code, log.take());
        return;
      }
      bpf_link__destroy(attached);
    }
    member.outcome = group_outcome::taken;
  }

  bpf_object* object_;
  bool try_attaching_;
  const detail::copy_maker& with_copy_;
  kernel_features features_ = kernel_features::probe();
};

// The verifier's log and the remedy may have many lines.
std::string first_lines(const error& failure) {
  if (failure.operation == "use")
    return failure.remedy;  // of the feature probe: it says everything
  const auto text = failure.message();
  return failure.verifier_cause.empty()
             ? std::string(detail::first(text, text.find('\n')))
             : detail::joined(
                   {detail::first(text, text.find('\n')), "; ",
                    detail::first(failure.verifier_cause, failure.verifier_cause.find('\n'))});
}

result<void> check(const bpf_object* object, const std::vector<program>& members) {
  const char* name = bpf_object__name(object);
  if (members.empty())
    return detail::failed_to("choose programs of", "object", name, EINVAL, "The group is empty.");
  for (const auto& member : members) {
    if (bpf_object__find_program_by_name(object, member.name()) != member.get())
      return detail::failed_to(
          "choose programs of", "object", name, EINVAL,
          detail::formatted("Program '%s' is not one of this object.", member.name()));
    // libbpf tells in this way whether the object is loaded.
    if (bpf_program__set_flags(member.get(), bpf_program__flags(member.get())) != 0)
      return detail::failed_to("choose programs of", "object", name, EBUSY,
                               "The object is loaded: choose before load().");
  }
  return {};
}

}  // namespace

const char* group_outcome_text(group_outcome outcome) noexcept {
  switch (outcome) {
    case group_outcome::taken:
      return "taken";
    case group_outcome::not_needed:
      return "not needed";
    case group_outcome::lacks:
      return "lacks a feature of the kernel";
    case group_outcome::load_refused:
      return "refused at load";
    case group_outcome::attach_refused:
      return "refused at attach";
    case group_outcome::group_refused:
      return "left out with its group";
  }
  return "";
}

std::string group_choice::taken() const {
  for (const auto& member : members) {
    if (member.outcome == group_outcome::taken)
      return member.program;
  }
  return {};
}

std::string group_choice::text() const {
  std::string lines;
  for (const auto& member : members) {
    const bool has_failure = member.failure.code != 0;
    lines += detail::joined({member.program, ": ", group_outcome_text(member.outcome),
                             has_failure ? ": " : "",
                             has_failure ? first_lines(member.failure) : std::string(), "\n"});
  }
  detail::make_printable(lines);
  return lines;
}

result<group_choice> detail::choose(group_kind kind, bpf_object* object,
                                    const std::vector<program>& members, bool try_attaching,
                                    const copy_maker& with_copy) {
  if (const auto checked = check(object, members); !checked)
    return checked.error();
  group_choice choice;
  chooser chooser(object, try_attaching, with_copy);
  std::size_t working = 0;
  for (const auto& each : members) {
    auto& member = choice.members.emplace_back();
    member.program = each.name();
    if (kind == group_kind::one && working != 0)
      continue;
    if (const auto looked = chooser.look_at(each.get(), member); !looked)
      return looked.error();
    working += member.outcome == group_outcome::taken ? 1 : 0;
  }
  if (kind == group_kind::one && working == 0)
    return failed_to("choose one program of", "object", bpf_object__name(object), EOPNOTSUPP,
                     joined({"None of the group works on this kernel:\n", choice.text()}));
  for (std::size_t i = 0; i < members.size(); ++i) {
    auto& outcome = choice.members[i].outcome;
    if (kind == group_kind::all_or_none && working != members.size() &&
        outcome == group_outcome::taken)
      outcome = group_outcome::group_refused;
    bpf_program__set_autoload(members[i].get(), outcome == group_outcome::taken);
  }
  return choice;
}

}  // namespace ebpfkit
