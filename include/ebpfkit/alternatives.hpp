// Groups of programs of which this kernel takes one, all, or as many as possible.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/error.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"

struct bpf_object;
struct bpf_object_open_opts;

namespace ebpfkit {

// Why a program of a group was taken or left out.
enum class group_outcome : unsigned char {
  taken,           // load() will load it
  not_needed,      // another program of the group was taken
  lacks,           // the feature probe: the kernel certainly lacks something that the program needs
  load_refused,    // the kernel, or libbpf, did not load it
  attach_refused,  // it was loaded, but could not be attached where its SEC() says
  group_refused    // it works, but another program of its group does not (all_or_none)
};

// "taken", "not needed", "lacks a feature", ...
const char* group_outcome_text(group_outcome outcome) noexcept;

struct group_member {
  std::string program;
  group_outcome outcome = group_outcome::not_needed;
  // For lacks, load_refused and attach_refused: what is missing, or the kernel's error with the
  // verifier's log.
  error failure{};
};

// What became of the programs of a group, in the order of the group.
struct group_choice {
  std::vector<group_member> members;

  // The name of the first program that was taken; empty if none was.
  std::string taken() const;
  // A line for each program, such as "open_fentry: refused at load: ...". For logs.
  std::string text() const;
};

struct group_options {
  // What the object was opened with. The copies that are tried are opened with the same.
  const bpf_object_open_opts* open = nullptr;

  // Also attaches each program that loads, and detaches it at once: some kernels load programs that
  // they cannot attach (arm64 before Linux 6.4 with fentry). It does so for kprobes, uprobes,
  // tracepoints, raw tracepoints, fentry, fexit and tp_btf with a hook in SEC(), if the object's
  // attach() would attach the program. Other programs may act on packets or system calls.
  bool try_attaching = true;
};

namespace detail {

enum class group_kind : unsigned char { one, all_or_none, best_effort };

// Opens a copy of the object and calls the function with it.
using copy_user = std::function<result<void>(bpf_object* copy)>;
using copy_maker = std::function<result<void>(const copy_user& use)>;

result<group_choice> choose(group_kind kind, bpf_object* object,
                            const std::vector<program>& members, bool try_attaching,
                            const copy_maker& with_copy);

template <class Opened>
result<Opened> open_copy(const Opened&, const bpf_object_open_opts* options) {
  return Opened::open(options);
}
inline result<dynamic_object> open_copy(const dynamic_object& opened,
                                        const bpf_object_open_opts* options) {
  return opened.open_again(options);
}

template <class Opened>
result<group_choice> choose_in(group_kind kind, Opened& opened, const std::vector<program>& members,
                               const group_options& options) {
  return choose(kind, opened.get(), members, options.try_attaching,
                [&](const copy_user& use) -> result<void> {
                  const auto copy = open_copy(opened, options.open);
                  if (!copy)
                    return copy.error();
                  return use(copy->get());
                });
}

}  // namespace detail

// The three functions below take an opened object that is not loaded yet: a generated skeleton or a
// dynamic_object. They find out which programs of the group work on this kernel, and set their
// autoload; load() and attach() then do the rest. Typically:
//
//   auto program = watcher.programs();
//   ebpfkit::one_of(watcher, {program.open_fentry, program.open_kprobe}).value();
//
// A program works if kernel_features knows nothing that the kernel lacks for it, and if the kernel
// loads it (and attaches it: group_options::try_attaching). Each program is tried in an object of
// its own, a copy with the global variables, map declarations and program settings that `opened`
// has now. Hooks that set_attach_target() has chosen are not copied, nor are maps of others
// (reuse_pinned()): the copy has maps of its own for a moment, and needs memory for them. The
// feature probe and each try take some milliseconds.
//
// Errors: EBUSY when the object is loaded; EINVAL when the group is empty or a program is not one
// of the object's; errors of opening the copy.

// Takes the first program of the group that works. The error is EOPNOTSUPP when none does, and says
// why for each.
template <class Opened>
result<group_choice> one_of(Opened& opened, const std::vector<program>& group,
                            const group_options& options = {}) {
  return detail::choose_in(detail::group_kind::one, opened, group, options);
}

// Takes all programs of the group, or none of them when one does not work. Tries all in any case,
// so that the choice has every reason.
template <class Opened>
result<group_choice> all_or_none(Opened& opened, const std::vector<program>& group,
                                 const group_options& options = {}) {
  return detail::choose_in(detail::group_kind::all_or_none, opened, group, options);
}

// Takes each program of the group that works.
template <class Opened>
result<group_choice> best_effort(Opened& opened, const std::vector<program>& group,
                                 const group_options& options = {}) {
  return detail::choose_in(detail::group_kind::best_effort, opened, group, options);
}

}  // namespace ebpfkit
