#include "tool/inspect_choice.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <vector>

#include "inspect/project.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::tool {

namespace {

// What the kernel keeps of a map's name (BPF_OBJ_NAME_LEN without the NUL).
constexpr std::size_t kept_map_name = 15;

template <class Object>
Object the_only_one(const std::vector<Object>& objects, std::string_view command, const char* kind,
                    const char* remedy) {
  if (objects.size() == 1)
    return objects.front();
  std::vector<std::string> names;
  for (const auto& object : objects)
    names.push_back(fmt::format("{} (id {})", object.name, object.id));
  throw failure(fmt::format("{} is about one {}, and there are {}", command, kind, objects.size()),
                fmt::format("Name one, {}: {}", remedy, list_names(names, 20)));
}

}  // namespace

void add_program_choice(CLI::App& command, object_choice& choice) {
  command.add_option("--prog", choice.name, "Name of a program (variable PROG)");
  command.add_option("--prog-id", choice.id, "Id of a program (variable PROG_ID)");
}

void add_map_choice(CLI::App& command, object_choice& choice) {
  command.add_option("--map", choice.name, "Name of a map (variable MAP)");
  command.add_option("--map-id", choice.id, "Id of a map (variable MAP_ID)");
}

std::vector<loaded_program> choose_programs(const inspect_context& context,
                                            const object_choice& choice, std::string_view command) {
  if (const auto id = context.value(choice.id, "PROG_ID"); !id.empty()) {
    const auto fd = open_program(inspect_number(id, "PROG_ID"));
    const auto program = read_program(fd.get());
    if (!program)
      throw failure(fmt::format("the kernel does not tell what program {} is", id));
    return {*program};
  }
  const auto name = context.value(choice.name, "PROG");
  const auto objects = context.object_paths();
  const bool takes_all = context.flag(choice.all, "ALL");
  if (name.empty() && objects.empty() && !takes_all)
    throw failure(fmt::format("{}: no program is named", command),
                  "Write PROG=<name> (--prog), PROG_ID=<id> (--prog-id), or ALL=1 (--all).");
  const bool is_project = name.empty() && !takes_all;
  auto programs =
      find_objects(is_project ? objects : std::vector<std::filesystem::path>()).programs;
  if (!name.empty())
    std::erase_if(programs, [&](const auto& program) { return program.name != name; });
  if (programs.empty())
    throw failure(name.empty() ? "the kernel has no program of this project"
                               : fmt::format("no program in the kernel has the name '{}'", name),
                  "Start the application; list-progs with ALL=1 (`ebpfkit inspect list-progs "
                  "--all`) lists all.");
  return programs;
}

std::vector<loaded_map> choose_maps(const inspect_context& context, const object_choice& choice) {
  if (const auto id = context.value(choice.id, "MAP_ID"); !id.empty()) {
    const auto fd = open_map(inspect_number(id, "MAP_ID"));
    const auto map = read_map(fd.get());
    if (!map)
      throw failure(fmt::format("the kernel does not tell what map {} is", id));
    return {*map};
  }
  const auto name = context.value(choice.name, "MAP");
  const auto objects = context.object_paths();
  const bool is_project = name.empty() && !context.flag(choice.all, "ALL");
  auto maps = find_objects(is_project ? objects : std::vector<std::filesystem::path>()).maps;
  if (!name.empty())
    std::erase_if(maps, [&](const auto& map) { return map.name != name.substr(0, kept_map_name); });
  if (!maps.empty())
    return maps;
  if (!name.empty())
    throw failure(fmt::format("no map in the kernel has the name '{}'", name),
                  "list-maps with ALL=1 (`ebpfkit inspect list-maps --all`) lists all. Is the "
                  "application running?");
  throw failure(
      objects.empty() ? "there are no maps in the kernel" : "the kernel has no map of this project",
      "Start the application, which loads its maps; or name a map: MAP=<name> (--map).");
}

loaded_program choose_program(const inspect_context& context, const object_choice& choice,
                              std::string_view command) {
  return the_only_one(choose_programs(context, choice, command), command, "program",
                      "PROG=<name> (--prog) or PROG_ID=<id> (--prog-id)");
}

loaded_map choose_map(const inspect_context& context, const object_choice& choice,
                      std::string_view command) {
  return the_only_one(choose_maps(context, choice), command, "map",
                      "MAP=<name> (--map) or MAP_ID=<id> (--map-id)");
}

}  // namespace ebpfkit::host::tool
