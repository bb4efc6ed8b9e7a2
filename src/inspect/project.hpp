// Which of the kernel's BPF objects are those of a project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"

namespace ebpfkit::host {

// The programs and maps of a project's objects. The kernel does not tell from which file a program
// came, so names and types decide: an object of another project with the same names is found, too.
class project_names {
 public:
  // Reads the objects. Throws `failure` when one cannot be read.
  explicit project_names(const std::vector<std::filesystem::path>& objects);

  bool has(const loaded_program& program) const;
  // A map belongs to the project when one of its programs uses it, or when it has the name and the
  // type of one of its maps.
  bool has(const loaded_map& map, const std::set<std::uint32_t>& used_by_programs) const;

 private:
  std::set<std::string> programs_;
  std::set<std::pair<std::string, std::uint32_t>> maps_;
};

// The kernel's programs, maps and links, or only those of a project.
struct object_list {
  std::vector<loaded_program> programs;
  std::vector<loaded_map> maps;
  std::vector<loaded_link> links;
};

// Returns everything when `objects` is empty.
object_list find_objects(const std::vector<std::filesystem::path>& objects);

}  // namespace ebpfkit::host
