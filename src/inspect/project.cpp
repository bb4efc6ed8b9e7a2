#include "inspect/project.hpp"

#include <linux/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

namespace {

// What the kernel keeps of a name.
std::string kept(const std::string& name) {
  return name.substr(0, BPF_OBJ_NAME_LEN - 1);
}

}  // namespace

project_names::project_names(const std::vector<std::filesystem::path>& objects) {
  for (const auto& path : objects) {
    const bpf_object_file object(path);
    for (const auto& program : object.programs()) {
      programs_.insert(program.name);
      programs_.insert(kept(program.name));
    }
    for (const auto& map : object.maps())
      maps_.emplace(kept(map.name), map.map_type);
  }
}

bool project_names::has(const loaded_program& program) const {
  return programs_.contains(program.name);
}

bool project_names::has(const loaded_map& map,
                        const std::set<std::uint32_t>& used_by_programs) const {
  return used_by_programs.contains(map.id) || maps_.contains({map.name, map.type_number});
}

object_list find_objects(const std::vector<std::filesystem::path>& objects) {
  object_list found{loaded_programs(), loaded_maps(), loaded_links()};
  if (objects.empty())
    return found;
  const project_names names(objects);
  std::erase_if(found.programs, [&](const auto& program) { return !names.has(program); });
  std::set<std::uint32_t> used;
  std::set<std::uint32_t> ids;
  for (const auto& program : found.programs) {
    ids.insert(program.id);
    used.insert(program.map_ids.begin(), program.map_ids.end());
  }
  std::erase_if(found.maps, [&](const auto& map) { return !names.has(map, used); });
  std::erase_if(found.links, [&](const auto& link) { return !ids.contains(link.program_id); });
  return found;
}

}  // namespace ebpfkit::host
