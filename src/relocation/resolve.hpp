// Resolves the CO-RE relocations of an object for one target kernel, with the outcome that libbpf
// would have on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "relocation/access_spec.hpp"
#include "relocation/instruction.hpp"
#include "relocation/program_object.hpp"

namespace ebpfkit::host {

// A target's types with an index from essential names to types.
class core_target {
 public:
  explicit core_target(std::shared_ptr<const type_graph> types);

  const type_graph& types() const { return *types_; }

  // The types that may stand for a local type of this name and kind: those of the same essential
  // name and a compatible kind, by ascending id. A name without characters has none.
  std::vector<type_id> candidates(std::string_view name, type_kind kind) const;

 private:
  std::shared_ptr<const type_graph> types_;
  std::vector<type_id> first_;  // by hash of the essential name
  std::vector<type_id> next_;   // by type; the chains ascend
};

enum class relocation_status {
  resolved,   // the target has it
  absent,     // the target does not have it, and the instruction gets the value 0
  poisoned,   // the instruction is replaced by one that the verifier refuses if it is reachable
  ambiguous,  // candidates disagree: libbpf refuses the object
  refused,    // libbpf refuses the object for another reason
  unused,     // in no function (of a weak one that lost): libbpf passes over it
};

std::string_view relocation_status_name(relocation_status status);

struct resolution {
  relocation_status status = relocation_status::resolved;
  relocation_value value;            // of resolved, absent and poisoned ones
  relocated_code code;               // the same
  access_spec local;                 // empty when the relocation itself is not sound
  std::vector<access_spec> matches;  // in the target, in order of candidates
  std::string problem;               // why, unless resolved
};

// One resolution for each of the object's relocations, in the same order. As in libbpf, candidates
// that do not match one relocation are not asked for later ones about the same local type, if
// another candidate did match. Does not throw for what is wrong with a single relocation.
std::vector<resolution> resolve(const program_object& object, const core_target& target);

}  // namespace ebpfkit::host
