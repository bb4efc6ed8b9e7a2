// The checks behind the promises of `type_graph`, which is their only user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf/type_graph_nesting.hpp"

namespace ebpfkit::host {

// What a name may be, by what it names.
enum class btf_name_rule : std::uint8_t {
  none,  // there is no name
  empty,
  identifier,
  identifier_or_empty,
  words,
  printable,
  any_text,  // the text of a tag, which the source chooses; not empty
};

// Throws the `failure` that says what is wrong with the type. The type's own name need not be
// sound.
[[noreturn]] void fail_unsound_type(const type_graph& graph, type_id type,
                                    const std::string& problem);

// Throws the `failure` for a type that has, or shows, a name that C does not allow.
[[noreturn]] void fail_names(const type_graph& graph, type_id type);

// Checks the words of a graph type by type and enters each type in the graph. Then checks what
// needs the whole graph: which kinds types refer to, nesting, repetition and sizes. Throws
// `failure`.
class type_graph_validator {
 public:
  // `allows_other_names`: types may have printable names that C does not allow. Then the graph gets
  // to know which types show such a name.
  type_graph_validator(type_graph& graph, bool allows_other_names);

  void run();

  // Enters the types. Checks only what one wrong type or string can spoil for all others: the
  // types' bounds, and that ids and names are in range. `check` does the rest. Both throw what
  // `run` throws.
  void run_on_use();
  void check(type_id type);

  // Checks the type's names and what it refers to. type_graph_nesting calls this.
  void check_type(type_id type);

 private:
  using name_rule = btf_name_rule;

  [[noreturn]] void fail(type_id type, const std::string& problem) const;

  void find_identifiers();
  template <class Visit>
  void enter_types(Visit visit);
  void check_names(type_id type, const std::uint32_t* words, std::size_t length);
  bool is_known_identifier(std::uint32_t offset) const;
  void check_name(type_id type, std::uint32_t offset, name_rule rule);
  void check_unusual_name(type_id type, std::uint32_t offset, name_rule rule);
  template <class Visit>
  void visit_shown_types(type_id type, bool behind_pointer, Visit visit) const;
  void find_types_that_show_other_names();
  bool shows_other_names(type_id type, bool behind_pointer) const;
  static bool name_obeys(std::string_view name, name_rule rule);

  void check_references(type_id type);
  void check_reference(type_id type, type_id to) const;
  void check_unusual_reference(type_id type, type_id to) const;
  void check_scalar(type_id type);

  type_graph& graph_;
  bool allows_other_names_;
  bool runs_ = false;                            // `run` looks at all types, `check` at one
  std::vector<type_id> other_names_;             // the types with a name that C does not allow
  std::vector<std::uint64_t> identifiers_;       // a bit for each byte of the string section
  std::unique_ptr<type_graph_nesting> nesting_;  // only with run_on_use
};

}  // namespace ebpfkit::host
