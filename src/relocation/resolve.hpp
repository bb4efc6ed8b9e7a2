// Resolves the CO-RE relocations of an object for one target kernel. The outcome is the one that
// libbpf would have on that kernel.
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

  // Returns the types that may stand for a local type of this name and kind, by ascending id. They
  // have the same essential name and a compatible kind. An empty name has no candidates.
  std::vector<type_id> candidates(std::string_view name, type_kind kind) const;

 private:
  std::shared_ptr<const type_graph> types_;
  std::vector<type_id> first_;  // by hash of the essential name
  std::vector<type_id> next_;   // by type; ids in a chain ascend
};

enum class relocation_status {
  resolved,   // the target has it
  absent,     // the target does not have it, and the instruction gets the value 0
  poisoned,   // the new instruction makes the verifier refuse the program if it is reachable
  ambiguous,  // candidates disagree: libbpf refuses the object
  refused,    // libbpf refuses the object for another reason
  unused,     // in no function, only in a weak one that lost: libbpf skips it
};

std::string_view relocation_status_name(relocation_status status);

struct resolution {
  relocation_status status = relocation_status::resolved;
  relocation_value value;            // if resolved, absent or poisoned
  relocated_code code;               // if resolved, absent or poisoned
  access_spec local;                 // empty when the relocation itself is not sound
  std::vector<access_spec> matches;  // in the target, in the order of candidates
  std::string problem;               // the reason, unless resolved
};

// Returns one resolution for each of the object's relocations, in the same order. When some
// candidates match a relocation, drops the others for later relocations about the same local type,
// as libbpf does. Does not throw for a problem of a single relocation.
std::vector<resolution> resolve(const program_object& object, const core_target& target);

}  // namespace ebpfkit::host
