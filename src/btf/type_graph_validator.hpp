// The checks behind the promises of `type_graph`; only its constructor uses this.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"

namespace ebpfkit {

// Checks the words of a graph type by type and enters each in `entries_`, then checks what needs
// the whole: which kinds types refer to, nesting, repetition and sizes. Throws `failure`.
class type_graph_validator {
 public:
  explicit type_graph_validator(type_graph& graph);

  void run();

 private:
  // What C allows a name to be, by what it names.
  enum class name_rule { empty, identifier, identifier_or_empty, words, printable };

  [[noreturn]] void fail(type_id type, const std::string& problem) const;

  void enter_types();
  std::uint32_t item_words(type_id type, const std::uint32_t* header) const;
  void check_names(type_id type);
  void check_name(type_id type, std::uint32_t offset, name_rule rule);
  bool name_obeys(std::uint32_t offset, name_rule rule);

  void check_references(type_id type) const;
  void check_reference(type_id type, type_id to) const;
  void check_size(type_id type) const;
  void check_value(type_id type, type_id of, const char* what) const;
  void check_members(type_id type) const;

  // A type as C text reaches it: by value, or behind a pointer, where a named record need not be
  // complete. Only nodes of own types exist; the base's were checked with the base.
  struct node {
    type_id type = 0;
    bool behind_pointer = false;
  };
  struct visit {
    node at;
    std::uint32_t child_count = 0;
    std::uint32_t next_child = 0;
    std::uint32_t depth = 0;      // of the children seen so far
    std::uint64_t expansion = 1;  // with the children seen so far
  };

  std::uint32_t child_count(node at) const;
  node child(node at, std::uint32_t index) const;
  std::size_t node_index(node at) const;
  std::uint32_t leaf_expansion(node at) const;
  void check_nesting();
  void walk(node root);
  std::uint64_t padding_lines(type_id record) const;
  void finish(const visit& done);

  type_graph& graph_;
  std::vector<bool> known_identifiers_;    // by text offset: found to be one
  std::vector<visit> stack_;               // of `walk`, empty between its calls
  std::vector<std::uint32_t> depths_;      // by node; see the .cpp for the special values
  std::vector<std::uint32_t> expansions_;  // by node
};

}  // namespace ebpfkit
