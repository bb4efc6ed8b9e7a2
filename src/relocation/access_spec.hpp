// The subject of a relocation in detail: a type, a chain of members and array elements in it, or an
// enumerator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "relocation/compatibility.hpp"
#include "relocation/relocation_kind.hpp"

namespace ebpfkit::host {

// A step that has a meaning in the source: a named member, or an array element (without a name).
// Members of anonymous structs count as members of the struct around them.
struct accessor {
  type_id type = 0;  // the record of the member, or the element's type, without wrappers
  std::int32_t index = 0;
  std::string_view name;
};

// struct bpf_core_spec of libbpf.
struct access_spec {
  type_id root = 0;
  relocation_kind kind{};
  std::vector<accessor> accessors;  // none for type relocations
  std::vector<std::int32_t> path;   // every index, including those of anonymous levels
  std::uint32_t bit_offset = 0;
};

// The most steps that a path may have. libbpf refuses longer paths.
constexpr std::size_t longest_path = 64;

// Interprets the access string of a relocation ("0:1:2") with the object's types. Throws `failure`
// for everything that libbpf refuses: a type or index that does not exist, a malformed string.
access_spec parse_access(const type_graph& types, relocation_kind kind, type_id root,
                         std::string_view access);

// Finds in the target's type `candidate` what `local` describes. Returns nothing when the candidate
// has no such member, element or enumerator, or one of an incompatible type. Throws `failure` when
// libbpf would refuse to continue: too deep nesting, elements without a size.
std::optional<access_spec> match_access(const type_comparison& types, const access_spec& local,
                                        type_id candidate);

// Describes `spec` in a C-like text: "struct task_struct::real_parent.tgid", "struct
// sock::skc.ports[1]", "enum pid_type::PIDTYPE_TGID", "pid_t".
std::string describe(const type_graph& types, const access_spec& spec);

}  // namespace ebpfkit::host
