// Decides which types of a target stand for which types of a BPF object, by the rules of libbpf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "btf/type_graph.hpp"

namespace ebpfkit::host {

// Stops hostile input that would keep the comparison of types busy for ever.
class work_limit {
 public:
  // Throws `failure` when all steps are used up.
  void spend(std::uint64_t steps);

 private:
  // Hundreds of times the need of the largest programs; some seconds of work.
  std::uint64_t left_ = std::uint64_t{1} << 28;
};

// Returns the name without its flavour: the part before the last `___` that has other characters
// than underscores on both sides.
std::string_view essential_name(std::string_view name);

// True for the same kind. Enums of 32 and of 64 bits are the same kind.
bool kinds_are_compatible(type_kind left, type_kind right);

// Returns the size of a value in bytes as btf__resolve_size of libbpf counts it. Returns nothing
// for types without a size (void, forward declarations, functions) and for more than 32 nested
// arrays and wrappers.
std::optional<std::uint64_t> resolve_size(const type_graph& types, type_id type);

// Compares types of an object ("local") with types of a target.
class type_comparison {
 public:
  type_comparison(const type_graph& local, const type_graph& target, work_limit& limit)
      : local_(local), target_(target), limit_(limit) {}

  const type_graph& local() const { return local_; }
  const type_graph& target() const { return target_; }
  work_limit& limit() const { return limit_; }

  // True when a program can read a member of the target's type in place of one of the local type.
  bool fields_are_compatible(type_id local, type_id target) const;

  // The loose comparison of TYPE_EXISTS, TYPE_SIZE and TYPE_ID_TARGET: compares kinds, through
  // pointers, arrays and prototypes. The caller must have compared the names. Throws `failure` when
  // the types nest too deep for libbpf.
  bool types_are_compatible(type_id local, type_id target) const;

  // The strict comparison of TYPE_MATCHES. Throws `failure` like types_are_compatible.
  bool types_match(type_id local, type_id target) const;

 private:
  bool are_compatible(type_id local, type_id target, int level) const;
  bool match(type_id local, type_id target, bool behind_pointer, int level) const;
  bool enumerations_match(type_id local, type_id target) const;
  bool members_match(type_id local, type_id target, bool behind_pointer, int level) const;

  const type_graph& local_;
  const type_graph& target_;
  work_limit& limit_;
};

}  // namespace ebpfkit::host
