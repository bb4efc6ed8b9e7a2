// `ebpfkit inspect pin-prog|pin-map|unpin`: files of bpffs that keep objects alive.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "inspect/holders.hpp"
#include "inspect/loaded_objects.hpp"
#include "inspect/owners.hpp"
#include "inspect/pins.hpp"
#include "inspect/project.hpp"
#include "support/failure.hpp"
#include "support/shell_words.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"
#include "tool/inspect_removal.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;

struct pin_options {
  object_choice choice;
  std::string pin;
  bool json = false;
};

struct unpin_options {
  std::vector<std::string> paths;
  bool all = false;
  bool yes = false;
  bool json = false;
};

// Pins an object and tells where it is now.
void pin_chosen(const inspect_context& context, const pin_options& given, const char* command,
                int fd, bpf_identity object, const std::string& name) {
  const auto word = context.value(given.pin, "PIN");
  const auto path = word.empty() ? default_pin_path(name) : std::filesystem::path(word);
  pin_object(fd, path);
  if (!context.flag(given.json, "JSON")) {
    print_output("{}: {} {} '{}' is pinned there\n", printable(path.string()),
                 kind_word(object.kind), object.id, printable(name));
    return;
  }
  auto document = inspect_document(command);
  document["path"] = path.string();
  document["kind"] = kind_word(object.kind);
  document["id"] = object.id;
  document["name"] = name;
  print_json(document);
}

void pin_program(const inspect_context& context, const pin_options& given) {
  context.need_root("pin programs");
  const auto program = choose_program(context, given.choice, "pin-prog");
  const auto fd = open_program(program.id);
  pin_chosen(context, given, "pin-prog", fd.get(), {bpf_kind::program, program.id}, program.name);
}

void pin_map(const inspect_context& context, const pin_options& given) {
  context.need_root("pin maps");
  const auto map = choose_map(context, given.choice, "pin-map");
  const auto fd = open_map(map.id);
  pin_chosen(context, given, "pin-map", fd.get(), {bpf_kind::map, map.id}, map.name);
}

// A pin, and what unpin does with it.
struct listed_pin {
  pinned_object pin;
  std::string name;
  std::vector<owning_process> holders;
  bool is_removed = false;
};

template <class Object>
std::string name_by_id(const std::vector<Object>& objects, std::uint32_t id) {
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const auto& object) { return object.id == id; });
  return found == objects.end() ? std::string() : found->name;
}

std::string object_name(const object_list& all, bpf_identity object) {
  if (object.kind == bpf_kind::map)
    return name_by_id(all.maps, object.id);
  if (object.kind == bpf_kind::program)
    return name_by_id(all.programs, object.id);
  for (const auto& link : all.links)
    if (link.id == object.id)
      return name_by_id(all.programs, link.program_id);
  return {};
}

bool has_object(const object_list& objects, bpf_identity object) {
  const auto has = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const auto& one) { return one.id == object.id; });
  };
  switch (object.kind) {
    case bpf_kind::program:
      return has(objects.programs);
    case bpf_kind::map:
      return has(objects.maps);
    case bpf_kind::link:
      return has(objects.links);
  }
  return false;
}

// The pins that the user named. Throws `failure` for a path that is none.
std::vector<pinned_object> named_pins(const std::vector<std::string>& paths,
                                      const std::vector<pinned_object>& pins) {
  std::vector<pinned_object> found;
  for (const auto& path : paths) {
    const auto wanted = std::filesystem::absolute(path).lexically_normal();
    const auto pin =
        std::find_if(pins.begin(), pins.end(), [&](const auto& one) { return one.path == wanted; });
    if (pin == pins.end())
      throw failure(fmt::format("'{}' is no pin", path),
                    "show-pinned with ALL=1 (`ebpfkit inspect show-pinned --all`) lists all pins.");
    found.push_back(*pin);
  }
  return found;
}

void print_pins(const std::vector<listed_pin>& pins, const char* heading) {
  std::vector<std::vector<std::string>> rows{{"path", "kind", "id", "name", "used by"}};
  for (const auto& [pin, name, holders, is_removed] : pins)
    rows.push_back({printable(pin.path.string()), kind_word(pin.object.kind),
                    std::to_string(pin.object.id), name.empty() ? "-" : printable(name),
                    processes_text(holders)});
  print_output("{}\n{}", heading, text_table(rows));
}

void print_unpin_document(const std::vector<listed_pin>& removed,
                          const std::vector<listed_pin>& kept) {
  auto document = inspect_document("unpin");
  document["pins"] = json::array();
  for (const auto* pins : {&removed, &kept})
    for (const auto& [pin, name, holders, is_removed] : *pins)
      document["pins"].push_back({{"path", pin.path.string()},
                                  {"kind", kind_word(pin.object.kind)},
                                  {"id", pin.object.id},
                                  {"name", name},
                                  {"processes", processes_json(holders)},
                                  {"is_leftover", holders.empty()},
                                  {"is_removed", is_removed}});
  print_json(document);
}

void unpin(const inspect_context& context, const unpin_options& given) {
  context.need_root("remove pins");
  auto paths = given.paths;
  if (paths.empty())
    paths = split_shell_words(context.value({}, "PATHS"));
  const auto objects = context.object_paths();
  const bool is_json = context.flag(given.json, "JSON");
  const bool takes_all = context.flag(given.all, "ALL");
  if (paths.empty() && objects.empty() && !takes_all)
    throw failure("unpin: no pin is named",
                  "Write PATHS=<paths> (as arguments without CMake), or ALL=1 (--all) for all pins "
                  "that no process uses.");
  const object_owners owners;
  const auto all = find_objects({});
  const auto own = takes_all || !paths.empty() ? all : find_objects(objects);
  const auto candidates = paths.empty() ? owners.all_pins() : named_pins(paths, owners.all_pins());
  std::vector<listed_pin> leftovers;
  std::vector<listed_pin> kept;
  for (const auto& pin : candidates) {
    if (!has_object(own, pin.object))
      continue;
    listed_pin listed{pin, object_name(all, pin.object), living_holders(all, owners, pin.object)};
    // Who names a pin wants it removed, whoever uses it.
    const bool is_chosen = !paths.empty() || (listed.holders.empty() && owners.is_complete());
    (is_chosen ? leftovers : kept).push_back(std::move(listed));
  }
  if (!is_json && !kept.empty())
    print_pins(kept, owners.is_complete()
                         ? "These pins are in use and stay, unless you name them:"
                         : "Some processes cannot be read, so these pins may be in use and stay, "
                           "unless you name them:");
  if (!is_json && leftovers.empty())
    print_output("There is no pin to remove.\n");
  if (!is_json && !leftovers.empty())
    print_pins(leftovers, "To remove:");
  if (!leftovers.empty() && may_remove(context, given.yes, is_json, "Remove these pins?")) {
    for (auto& listed : leftovers) {
      remove_pin(listed.pin.path, listed.pin.object);
      listed.is_removed = true;
    }
    if (!is_json)
      print_output("Removed {} pins.\n", leftovers.size());
  }
  if (is_json)
    print_unpin_document(leftovers, kept);
}

}  // namespace

void add_inspect_pin_commands(CLI::App& inspect, const shared_context& context) {
  const auto add_pin = [&](const char* name, const char* description, auto add_choice, auto run) {
    auto given = std::make_shared<pin_options>();
    auto* command = inspect.add_subcommand(name, description);
    add_choice(*command, given->choice);
    command->add_option("--pin", given->pin,
                        "The file to make, default: the object's name in bpffs (variable PIN)");
    command->add_flag("--json", given->json, "Print JSON (variable JSON)");
    command->callback([=] { run(*context, *given); });
  };
  add_pin("pin-prog", "Pin a program, so that it stays when its processes end", add_program_choice,
          pin_program);
  add_pin("pin-map", "Pin a map, so that it stays when its processes end", add_map_choice, pin_map);
  auto given = std::make_shared<unpin_options>();
  auto* command = inspect.add_subcommand(
      "unpin", "Remove pins: those named, or the project's that no process uses");
  command->add_option("path", given->paths, "Pins to remove, whoever uses them (variable PATHS)");
  command->add_flag("--all", given->all, "Also pins of others that no process uses (variable ALL)");
  command->add_flag("--yes", given->yes, "Do not ask (variable YES)");
  command->add_flag("--json", given->json, "Print JSON (variable JSON)");
  command->callback([=] { unpin(*context, *given); });
}

}  // namespace ebpfkit::host::tool
