#include "inspect/holders.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

namespace ebpfkit::host {

namespace {

std::set<std::uint32_t> programs_of(const object_list& all, bpf_identity object) {
  std::set<std::uint32_t> programs;
  if (object.kind == bpf_kind::program)
    programs.insert(object.id);
  for (const auto& link : all.links)
    if (object.kind == bpf_kind::link && link.id == object.id)
      programs.insert(link.program_id);
  for (const auto& program : all.programs)
    if (object.kind == bpf_kind::map && std::find(program.map_ids.begin(), program.map_ids.end(),
                                                  object.id) != program.map_ids.end())
      programs.insert(program.id);
  if (object.kind == bpf_kind::program)
    for (const auto& link : all.links)
      if (link.target_program_id == object.id)
        programs.insert(link.program_id);
  return programs;
}

}  // namespace

std::vector<owning_process> living_holders(const object_list& all, const object_owners& owners,
                                           bpf_identity object) {
  const auto programs = programs_of(all, object);
  std::set<bpf_identity> related{object};
  for (const auto& program : all.programs) {
    if (!programs.contains(program.id))
      continue;
    related.insert({bpf_kind::program, program.id});
    // A map that several programs share does not make their processes owners of this map.
    if (object.kind != bpf_kind::map)
      for (const auto id : program.map_ids)
        related.insert({bpf_kind::map, id});
  }
  for (const auto& link : all.links)
    if (programs.contains(link.program_id))
      related.insert({bpf_kind::link, link.id});
  std::vector<owning_process> found;
  for (const auto& one : related)
    for (const auto& process : owners.processes(one))
      if (std::none_of(found.begin(), found.end(),
                       [&](const auto& known) { return known.id == process.id; }))
        found.push_back(process);
  return found;
}

}  // namespace ebpfkit::host
