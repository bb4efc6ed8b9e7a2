// Which programs and maps of the kernel a subcommand of `ebpfkit inspect` is about.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "tool/inspect.hpp"

namespace ebpfkit::host::tool {

// What the user gave: an id, else a name, else all objects; nothing stands for the project's.
struct object_choice {
  std::string name;
  std::string id;
  bool all = false;
};

void add_program_choice(CLI::App& command, object_choice& choice);
void add_map_choice(CLI::App& command, object_choice& choice);

// Return at least one object. Throw `failure` that says what to write when there is none: no such
// id or name, nothing loaded, or (only for programs) nothing named and no project. `command` is for
// messages.
std::vector<loaded_program> choose_programs(const inspect_context& context,
                                            const object_choice& choice, std::string_view command);
std::vector<loaded_map> choose_maps(const inspect_context& context, const object_choice& choice);

// The same for commands that are about one object. Throw `failure` that lists them when there are
// several.
loaded_program choose_program(const inspect_context& context, const object_choice& choice,
                              std::string_view command);
loaded_map choose_map(const inspect_context& context, const object_choice& choice,
                      std::string_view command);

}  // namespace ebpfkit::host::tool
