// `ebpfkit inspect globals`: the global variables of programs that are loaded.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btf/type_text.hpp"
#include "inspect/globals.hpp"
#include "inspect/loaded_objects.hpp"
#include "support/failure.hpp"
#include "support/shell_words.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "inspect/typed_value.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;

struct globals_options {
  std::vector<std::string> words;  // [PROGRAM] [NAME=VALUE...]
  object_choice program;
  bool json = false;
};

struct assignment {
  std::string name;
  std::string value;
};

// A change that was checked, but not made yet.
struct planned_change {
  const variables_map* map;
  global_variable variable;
  std::vector<std::uint8_t> bytes;
};

assignment read_assignment(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == 0 || equals == std::string::npos)
    throw failure(fmt::format("globals: '{}' is no NAME=VALUE", word),
                  "Write the program first, then the variables: globals my_program limit=5");
  return {word.substr(0, equals), word.substr(equals + 1)};
}

// Takes the program off the front of the words.
void take_program(std::vector<std::string>& words, object_choice& choice) {
  if (words.empty() || words.front().find('=') != std::string::npos)
    return;
  const auto& word = words.front();
  const bool is_id =
      std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  (is_id ? choice.id : choice.name) = word;
  words.erase(words.begin());
}

planned_change plan(const std::vector<variables_map>& maps, const assignment& wanted) {
  std::vector<planned_change> found;
  std::vector<std::string> names;
  for (const auto& map : maps)
    for (const auto& variable : variables_of(map)) {
      names.push_back(variable.name);
      if (variable.name == wanted.name)
        found.push_back({&map, variable, {}});
    }
  if (found.empty())
    throw failure(fmt::format("the programs have no global variable '{}'", wanted.name),
                  names.empty() ? std::string("They have none that their BTF tells.")
                                : fmt::format("They have {}.", list_names(names, 20)));
  if (found.size() > 1)
    throw failure(fmt::format("{} loaded programs have a variable '{}' of their own", found.size(),
                              wanted.name),
                  "Name the program by its id: `ebpfkit inspect list-progs` tells it.");
  auto& change = found.front();
  if (change.map->is_read_only())
    write_variable(*change.map, change.variable, {});  // says why that cannot be
  change.bytes = parse_value(
      *change.map->types, change.variable, wanted.value,
      std::span(change.map->bytes).subspan(change.variable.offset, change.variable.size));
  return change;
}

void print_variables(const std::vector<variables_map>& maps) {
  std::vector<std::vector<std::string>> rows{{"section", "map", "name", "type", "value"}};
  for (const auto& map : maps)
    for (const auto& variable : variables_of(map))
      rows.push_back({printable(map.section) + (map.is_read_only() ? " (read-only)" : ""),
                      std::to_string(map.map.id), printable(variable.name),
                      printable(type_text(*map.types, variable.type)),
                      value_text(variable_value(map, variable))});
  if (rows.size() == 1)
    print_output("The programs have no global variables that their BTF tells.\n");
  else
    print_output("{}", text_table(rows));
}

void print_globals_document(const std::vector<variables_map>& maps) {
  auto document = inspect_document("globals");
  document["variables"] = json::array();
  for (const auto& map : maps)
    for (const auto& variable : variables_of(map))
      document["variables"].push_back({{"section", map.section},
                                       {"map_id", map.map.id},
                                       {"name", variable.name},
                                       {"type", type_text(*map.types, variable.type)},
                                       {"value", variable_value(map, variable)},
                                       {"is_read_only", map.is_read_only()}});
  print_json(document);
}

void show_globals(const inspect_context& context, globals_options given) {
  auto words = given.words;
  take_program(words, given.program);
  if (words.empty())
    words = split_shell_words(context.value({}, "VALUES"));
  std::vector<assignment> wanted;
  for (const auto& word : words)
    wanted.push_back(read_assignment(word));
  context.need_root("read and change variables of programs");
  std::vector<std::uint32_t> map_ids;
  for (const auto& program : choose_programs(context, given.program, "globals"))
    map_ids.insert(map_ids.end(), program.map_ids.begin(), program.map_ids.end());
  std::sort(map_ids.begin(), map_ids.end());
  map_ids.erase(std::unique(map_ids.begin(), map_ids.end()), map_ids.end());
  auto maps = read_variables_maps(map_ids);
  // All is checked before anything changes.
  std::vector<planned_change> changes;
  for (const auto& one : wanted)
    changes.push_back(plan(maps, one));
  for (const auto& [map, variable, bytes] : changes)
    write_variable(*map, variable, bytes);
  if (!changes.empty())
    maps = read_variables_maps(map_ids);
  if (context.flag(given.json, "JSON"))
    print_globals_document(maps);
  else
    print_variables(maps);
}

}  // namespace

void add_inspect_globals_command(CLI::App& inspect, const shared_context& context) {
  auto given = std::make_shared<globals_options>();
  auto* command = inspect.add_subcommand(
      "globals", "Show the global variables of programs in the kernel, and change them");
  command->add_option("words", given->words,
                      "The name or id of a program, then NAME=VALUE for each variable to change "
                      "(variable VALUES)");
  add_program_choice(*command, given->program);
  command->add_flag("--all", given->program.all, "All programs in the kernel (variable ALL)");
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { show_globals(*context, *given); });
}

}  // namespace ebpfkit::host::tool
