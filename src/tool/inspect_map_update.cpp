// `ebpfkit inspect update-map`: writes or removes one entry of a map in the kernel.
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/map_values.hpp"
#include "inspect/typed_value.hpp"
#include "inspect/value_parser.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;

struct update_options {
  object_choice map;
  std::string key;
  std::string value;
  bool deletes = false;
  bool json = false;
};

// The values that the entry gets. What `text` does not write stays; a new entry begins with zeros.
std::vector<std::vector<std::uint8_t>> new_values(const loaded_map& map, const map_types& types,
                                                  std::vector<std::vector<std::uint8_t>> before,
                                                  const std::string& text) {
  const auto place = fmt::format("the value of map '{}'", printable(map.name));
  before.resize(values_of_entry(map), std::vector<std::uint8_t>(map.value_size));
  for (auto& value : before)
    value = types.value == 0 ? parse_bytes(text, value.size(), place)
                             : parse_typed_value(*types.types, types.value, text, value, place);
  return before;
}

json shown_values(const map_types& types, const loaded_map& map, const map_entry& entry) {
  return entry.values.empty() ? json() : values_json(types, map, entry);
}

void update_map(const inspect_context& context, const update_options& given) {
  const auto key_text = context.value(given.key, "KEY");
  const auto value_text_given = context.value(given.value, "VALUE");
  const bool deletes = context.flag(given.deletes, "DELETE");
  if (key_text.empty())
    throw failure("update-map: no key is given", "Write KEY=<key> (--key), as dump-map shows it.");
  if (deletes == !value_text_given.empty())
    throw failure(deletes ? "update-map: a value is given for an entry that is to be removed"
                          : "update-map: no value is given",
                  "Write VALUE=<value> (--value), or DELETE=1 (--delete).");
  context.need_root("change maps in the kernel");
  const auto map = choose_map(context, given.map, "update-map");
  check_entries_can_be_written(map);
  const auto types = find_map_types(map, context.object_paths());
  const auto fd = open_map(map.id);
  const auto key = parse_key(types, map, key_text);
  const auto before = read_entry(fd.get(), map, key);
  map_entry entry{key, {}};
  if (deletes) {
    remove_entry(fd.get(), map, key);
  } else {
    entry.values = new_values(map, types, before ? before->values : decltype(entry.values)(),
                              value_text_given);
    write_entry(fd.get(), map, entry);
  }
  const auto old_json = before ? shown_values(types, map, *before) : json();
  const auto new_json = shown_values(types, map, entry);
  if (context.flag(given.json, "JSON")) {
    auto document = inspect_document("update-map");
    document["map_id"] = map.id;
    document["map"] = map.name;
    document["key"] = key_json(types, entry);
    document["before"] = old_json;
    document["after"] = new_json;
    print_json(document);
    return;
  }
  print_output("map {} '{}', {}: {} -> {}\n", map.id, printable(map.name),
               value_text(key_json(types, entry)), before ? value_text(old_json) : "no entry",
               deletes ? "no entry" : value_text(new_json));
}

}  // namespace

void add_inspect_map_update_command(CLI::App& inspect, const shared_context& context) {
  auto given = std::make_shared<update_options>();
  auto* command =
      inspect.add_subcommand("update-map", "Write or remove one entry of a map in the kernel");
  add_map_choice(*command, given->map);
  command->add_option("--key", given->key,
                      "The key, as dump-map shows it, or hex 01 0a ... (variable KEY)");
  command->add_option("--value", given->value,
                      "The value, as dump-map shows it, or hex 01 0a ...; members that are not "
                      "written stay. All CPUs of a per-CPU map get it (variable VALUE)");
  command->add_flag("--delete", given->deletes, "Remove the entry (variable DELETE)");
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { update_map(*context, *given); });
}

}  // namespace ebpfkit::host::tool
