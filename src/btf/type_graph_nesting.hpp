// The part of the checks of `type_graph` that follows types into the types that they are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf/zeroed_array.hpp"

namespace ebpfkit::host {

class type_graph_validator;

// Checks that by-value types end, how deep they nest, which members and elements they have and
// where, and how much C text all types need together. Throws `failure`.
class type_graph_nesting {
 public:
  // The caller must have checked ids, names and the sizes of scalars. Or `on_first_visit` checks
  // those of a type when the walk first reaches it.
  explicit type_graph_nesting(type_graph& graph, type_graph_validator* on_first_visit = nullptr);

  void run();
  // Does the same for one type and what it is made of.
  void check(type_id type);

 private:
  // A type as C text reaches it: by value, or behind a pointer, where a named record need not be
  // complete. The number is twice the type's index among the own types, plus 1 behind a pointer.
  using node = std::size_t;

  struct visit {
    node at = 0;
    const std::uint32_t* next_child = nullptr;  // points to a type id
    const std::uint32_t* end = nullptr;
    std::uint32_t stride = 1;
    bool children_behind_pointer = false;
    std::uint32_t depth = 0;      // of the children seen so far
    std::uint64_t expansion = 1;  // including the children seen so far
  };

  type_id type_of(node at) const { return graph_.first_own_ + static_cast<type_id>(at / 2); }
  bool is_anonymous(type_id type) const;
  void enter_leaf(type_id type, std::uint32_t expansion);
  void enter_type(type_id type);
  visit begin_visit(node at) const;
  std::optional<node> add_children(visit& current) const;
  void walk(node root);
  void finish(const visit& done);

  std::uint32_t foreign_expansion(type_id type, bool behind_pointer) const;
  std::uint64_t value_size(type_id type) const;
  [[noreturn]] void fail_valueless(type_id type, type_id of, const char* what) const;
  void check_array(type_id type);
  std::uint64_t check_record(type_id type) const;

  void count_visits(type_id type);

  type_graph& graph_;
  type_graph_validator* on_first_visit_;
  std::vector<visit> stack_;                // of `walk`; empty between its calls
  zeroed_array<std::uint16_t> depths_;      // by node; see the .cpp for the special values
  zeroed_array<std::uint32_t> expansions_;  // by node
  zeroed_array<std::uint64_t> sizes_;       // of values of the own types, plus 1; 0: no values
  std::uint64_t visits_ = 0;                // of the expansions by value so far
};

}  // namespace ebpfkit::host
