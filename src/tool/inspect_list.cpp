// `ebpfkit inspect list-progs|list-maps|list-links|show-pinned|map-memory`: what the kernel has.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/owners.hpp"
#include "inspect/project.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;
using table = std::vector<std::vector<std::string>>;

struct list_options {
  object_choice program;  // only of list-progs
  object_choice map;      // only of list-maps
  bool all = false;
  bool json = false;
};

// What one command lists: its rows for people, and the same as JSON.
struct listing {
  const char* command;
  const char* objects;  // the name of the list in JSON
  table rows;           // the first is the heading
  json entries = json::array();
  std::vector<std::string> notes;
};

// "kernel-watch (812), /sys/fs/bpf/counts": who keeps the object alive.
std::string owners_text(const object_owners& owners, bpf_identity object) {
  std::vector<std::string> words;
  for (const auto& process : owners.processes(object))
    words.push_back(fmt::format("{} ({})", printable(process.command), process.id));
  for (const auto& pin : owners.pins(object))
    words.push_back(printable(pin.string()));
  return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
}

void add_owners(json& entry, const object_owners& owners, bpf_identity object) {
  entry["processes"] = json::array();
  for (const auto& process : owners.processes(object))
    entry["processes"].push_back({{"pid", process.id}, {"command", process.command}});
  entry["pins"] = json::array();
  for (const auto& pin : owners.pins(object))
    entry["pins"].push_back(pin.string());
}

std::string average(const loaded_program& program) {
  if (program.run_count == 0)
    return "-";
  return fmt::format(
      "{:.0f}", static_cast<double>(program.run_time_ns) / static_cast<double>(program.run_count));
}

void list_programs(const object_list& found, const object_owners& owners, listing& list) {
  list.rows = {{"id", "name", "type", "tag", "xlated", "jited", "runs", "ns", "maps", "held by"}};
  for (const auto& program : found.programs) {
    const bpf_identity identity{bpf_kind::program, program.id};
    list.rows.push_back(
        {std::to_string(program.id), printable(program.name), program.type, program.tag,
         std::to_string(program.xlated_bytes), std::to_string(program.jited_bytes),
         std::to_string(program.run_count), average(program),
         program.map_ids.empty() ? "-" : fmt::format("{}", fmt::join(program.map_ids, ",")),
         owners_text(owners, identity)});
    json entry{{"id", program.id},
               {"name", program.name},
               {"type", program.type},
               {"tag", program.tag},
               {"xlated_bytes", program.xlated_bytes},
               {"jited_bytes", program.jited_bytes},
               {"verified_instructions", program.verified_instructions},
               {"run_count", program.run_count},
               {"run_time_ns", program.run_time_ns},
               {"recursion_misses", program.recursion_misses},
               {"loaded_ns_since_boot", program.loaded_ns},
               {"user_id", program.user_id},
               {"btf_id", program.btf_id},
               {"map_ids", program.map_ids}};
    add_owners(entry, owners, identity);
    list.entries.push_back(std::move(entry));
  }
}

void list_maps(const object_list& found, const object_owners& owners, listing& list) {
  list.rows = {{"id", "name", "type", "key", "value", "entries", "bytes", "held by"}};
  for (const auto& map : found.maps) {
    const bpf_identity identity{bpf_kind::map, map.id};
    list.rows.push_back({std::to_string(map.id), printable(map.name), map.type,
                         std::to_string(map.key_size), std::to_string(map.value_size),
                         std::to_string(map.max_entries), std::to_string(map.memory_bytes),
                         owners_text(owners, identity)});
    json entry{{"id", map.id},
               {"name", map.name},
               {"type", map.type},
               {"key_bytes", map.key_size},
               {"value_bytes", map.value_size},
               {"max_entries", map.max_entries},
               {"flags", map.flags},
               {"memory_bytes", map.memory_bytes},
               {"is_frozen", map.is_frozen},
               {"btf_id", map.btf_id}};
    add_owners(entry, owners, identity);
    list.entries.push_back(std::move(entry));
  }
}

void list_links(const object_list& found, const object_owners& owners, listing& list) {
  list.rows = {{"id", "type", "program", "name", "attached to", "held by"}};
  for (const auto& link : found.links) {
    const bpf_identity identity{bpf_kind::link, link.id};
    const auto program =
        std::find_if(found.programs.begin(), found.programs.end(),
                     [&](const auto& candidate) { return candidate.id == link.program_id; });
    const auto name = program == found.programs.end() ? std::string() : program->name;
    list.rows.push_back({std::to_string(link.id), link.type, std::to_string(link.program_id),
                         name.empty() ? "-" : printable(name),
                         link.target.empty() ? "-" : printable(link.target),
                         owners_text(owners, identity)});
    json entry{{"id", link.id},
               {"type", link.type},
               {"program_id", link.program_id},
               {"program_name", name},
               {"target", link.target}};
    add_owners(entry, owners, identity);
    list.entries.push_back(std::move(entry));
  }
}

// The name of a pinned object, for people. Links have none.
std::string pinned_name(const object_list& found, bpf_identity object) {
  if (object.kind == bpf_kind::program)
    for (const auto& program : found.programs)
      if (program.id == object.id)
        return program.name;
  if (object.kind == bpf_kind::map)
    for (const auto& map : found.maps)
      if (map.id == object.id)
        return map.name;
  return {};
}

bool is_listed(const object_list& found, bpf_identity object) {
  if (object.kind == bpf_kind::link)
    return std::any_of(found.links.begin(), found.links.end(),
                       [&](const auto& link) { return link.id == object.id; });
  return !pinned_name(found, object).empty();
}

void list_pins(const object_list& found, const object_owners& owners, listing& list) {
  list.rows = {{"path", "kind", "id", "name", "open in"}};
  for (const auto& pinned : owners.all_pins()) {
    if (!is_listed(found, pinned.object))
      continue;
    const auto name = pinned_name(found, pinned.object);
    std::vector<std::string> processes;
    json entry{{"path", pinned.path.string()},
               {"kind", kind_word(pinned.object.kind)},
               {"id", pinned.object.id},
               {"name", name},
               {"processes", json::array()}};
    for (const auto& process : owners.processes(pinned.object)) {
      processes.push_back(fmt::format("{} ({})", printable(process.command), process.id));
      entry["processes"].push_back({{"pid", process.id}, {"command", process.command}});
    }
    list.rows.push_back({printable(pinned.path.string()), kind_word(pinned.object.kind),
                         std::to_string(pinned.object.id), name.empty() ? "-" : printable(name),
                         processes.empty() ? "-" : fmt::format("{}", fmt::join(processes, ", "))});
    list.entries.push_back(std::move(entry));
  }
  if (bpffs_directories().empty())
    list.notes.emplace_back("No bpffs is mounted: mount -t bpf bpf /sys/fs/bpf");
}

// Which maps take how much memory, the largest first, and the sum.
void list_memory(const object_list& found, const object_owners& owners, listing& list) {
  auto maps = found.maps;
  std::stable_sort(maps.begin(), maps.end(),
                   [](const auto& a, const auto& b) { return a.memory_bytes > b.memory_bytes; });
  std::uint64_t sum = 0;
  list.rows = {{"bytes", "id", "name", "type", "entries", "held by"}};
  for (const auto& map : maps) {
    sum += map.memory_bytes;
    list.rows.push_back({std::to_string(map.memory_bytes), std::to_string(map.id),
                         printable(map.name), map.type, std::to_string(map.max_entries),
                         owners_text(owners, {bpf_kind::map, map.id})});
    list.entries.push_back({{"id", map.id},
                            {"name", map.name},
                            {"type", map.type},
                            {"max_entries", map.max_entries},
                            {"memory_bytes", map.memory_bytes}});
  }
  list.notes.push_back(fmt::format("{} bytes in {} maps", sum, maps.size()));
}

// What the user named, all, or what belongs to the project.
object_list choose_listed(const inspect_context& context, const list_options& given,
                          std::string_view command, bool shows_all) {
  const auto is_named = [&](const object_choice& choice, const char* name, const char* id) {
    return !context.value(choice.name, name).empty() || !context.value(choice.id, id).empty();
  };
  object_list found;
  if (command == "list-progs" && is_named(given.program, "PROG", "PROG_ID"))
    found.programs = choose_programs(context, given.program, command);
  else if (command == "list-maps" && is_named(given.map, "MAP", "MAP_ID"))
    found.maps = choose_maps(context, given.map);
  else
    found = find_objects(shows_all ? std::vector<std::filesystem::path>() : context.object_paths());
  return found;
}

using fill_listing = void (*)(const object_list&, const object_owners&, listing&);

void run_listing(const inspect_context& context, const list_options& given, listing list,
                 fill_listing fill) {
  context.need_root("list BPF objects in the kernel");
  const bool shows_all = context.object_paths().empty() || context.flag(given.all, "ALL");
  const auto found = choose_listed(context, given, list.command, shows_all);
  const object_owners owners;
  fill(found, owners, list);
  if (context.flag(given.json, "JSON")) {
    auto document = inspect_document(list.command);
    document["is_complete"] = owners.is_complete();
    document[list.objects] = std::move(list.entries);
    print_json(document);
    return;
  }
  if (list.rows.size() > 1)
    print_output("{}", text_table(list.rows));
  else
    print_output("{}\n", shows_all ? "There are none."
                                   : "This project has none in the kernel. ALL=1 (--all) shows "
                                     "those of others.");
  for (const auto& note : list.notes)
    print_output("{}\n", note);
  if (!owners.is_complete())
    print_output("Some processes cannot be read, so some objects may be held by others, too.\n");
}

std::pair<CLI::App&, list_options&> add_listing(CLI::App& inspect, const shared_context& context,
                                                const char* name, const char* objects,
                                                const char* description, fill_listing fill) {
  auto* command = inspect.add_subcommand(name, description);
  auto given = std::make_shared<list_options>();
  command->add_flag("--all", given->all, "Also show objects of other projects");
  command->add_flag("--json", given->json, "Print JSON");
  command->callback([=] {
    listing list;
    list.command = name;
    list.objects = objects;
    run_listing(*context, *given, std::move(list), fill);
  });
  return {*command, *given};
}

}  // namespace

void add_inspect_list_commands(CLI::App& inspect, const shared_context& context) {
  const auto programs =
      add_listing(inspect, context, "list-progs", "programs",
                  "List the programs in the kernel, and who holds them", list_programs);
  add_program_choice(programs.first, programs.second.program);
  const auto maps = add_listing(inspect, context, "list-maps", "maps",
                                "List the maps in the kernel, and who holds them", list_maps);
  add_map_choice(maps.first, maps.second.map);
  add_listing(inspect, context, "list-links", "links",
              "List the links in the kernel: which program is attached to what", list_links);
  add_listing(inspect, context, "show-pinned", "pins", "List the files of bpffs", list_pins);
  add_listing(inspect, context, "map-memory", "maps", "Tell how much memory maps take",
              list_memory);
}

}  // namespace ebpfkit::host::tool
