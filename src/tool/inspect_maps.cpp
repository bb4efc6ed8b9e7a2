// `ebpfkit inspect dump-map|watch-map`: the values of maps.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/map_values.hpp"
#include "inspect/typed_value.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;

struct map_options {
  object_choice map;
  bool json = false;
  // Of dump-map.
  std::string key;
  // Of watch-map.
  std::string interval;
  std::string count;
  std::string sort_by;
  bool per_cpu = false;
};

// The entry with the key that the user gave.
map_entry chosen_entry(int fd, const loaded_map& map, const map_types& types,
                       const std::string& key_text) {
  const auto key = parse_key(types, map, key_text);
  auto entry = read_entry(fd, map, key);
  if (!entry)
    throw failure(fmt::format("map '{}' has no entry with the key {}", printable(map.name),
                              value_text(key_json(types, {key, {}}))),
                  "Without KEY (--key), dump-map shows all entries.");
  return std::move(*entry);
}

// The same on every machine, also with one CPU.
const char* value_member(const loaded_map& map) {
  return is_per_cpu(map) ? "values" : "value";
}

void dump_map(const inspect_context& context, const map_options& given) {
  context.need_root("read maps in the kernel");
  const bool is_json = context.flag(given.json, "JSON");
  const auto key = context.value(given.key, "KEY");
  const auto maps = key.empty() ? choose_maps(context, given.map)
                                : std::vector{choose_map(context, given.map, "dump-map with KEY")};
  const auto objects = context.object_paths();
  auto list = json::array();
  for (const auto& map : maps) {
    const auto types = find_map_types(map, objects);
    const auto fd = open_map(map.id);
    std::vector<map_entry> entries;
    std::string problem;
    try {
      if (key.empty())
        entries = read_entries(fd.get(), map);
      else
        entries.push_back(chosen_entry(fd.get(), map, types, key));
    } catch (const failure& error) {
      // One map that cannot be listed is an error; among several, it says so.
      if (maps.size() == 1)
        throw;
      problem = fmt::format("{}. {}", error.what(), error.remedy());
    }
    auto shown = json::array();
    for (const auto& entry : entries) {
      json row{{"key", key_json(types, entry)}};
      row[value_member(map)] = values_json(types, map, entry);
      shown.push_back(std::move(row));
    }
    if (is_json) {
      json document{{"id", map.id},
                    {"name", map.name},
                    {"type", map.type},
                    {"max_entries", map.max_entries},
                    {"entries", std::move(shown)}};
      document["problem"] = problem.empty() ? json() : json(problem);
      list.push_back(std::move(document));
      continue;
    }
    print_output("map {} '{}' ({}): {} of at most {} entries\n", map.id, printable(map.name),
                 map.type, entries.size(), map.max_entries);
    if (!problem.empty())
      print_output("  {}\n", problem);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      print_output("  {}: {}\n", value_text(shown[i]["key"]),
                   value_text(shown[i][value_member(map)]));
      if (entries[i].values.size() > 1)
        print_output("    sum: {}\n", value_text(summed_value_json(types, entries[i])));
    }
  }
  if (!is_json)
    return;
  auto document = inspect_document("dump-map");
  document["maps"] = std::move(list);
  print_json(document);
}

// The numbers in a value, by their paths: "bytes", "by_protocol.3"; "value" for a bare number.
void collect_numbers(const json& value, const std::string& path,
                     std::vector<std::pair<std::string, json>>& columns) {
  if (value.is_structured()) {
    for (const auto& [name, item] : value.items())
      collect_numbers(item, path.empty() ? name : fmt::format("{}.{}", path, name), columns);
    return;
  }
  columns.emplace_back(path.empty() ? "value" : path, value);
}

double as_number(const json& value) {
  return value.is_number() ? value.get<double>() : 0;
}

// What one look at a map found.
struct observation {
  std::chrono::steady_clock::time_point time;
  std::map<std::string, json> values;  // by the text of the key
  std::map<std::string, json> keys;
};

struct watched_row {
  std::string key;
  json key_value;
  json value;
  json rates;  // numbers per second, where a number changed
  bool has_changed = false;
  bool is_new = false;
  double rank = 0;  // the number that rows are sorted by
};

json rates_of(const json& before, const json& now, double seconds) {
  std::vector<std::pair<std::string, json>> old_columns;
  std::vector<std::pair<std::string, json>> columns;
  collect_numbers(before, "", old_columns);
  collect_numbers(now, "", columns);
  auto rates = json::object();
  for (std::size_t i = 0; i < columns.size() && columns.size() == old_columns.size(); ++i)
    if (columns[i].second.is_number() && columns[i].second != old_columns[i].second)
      rates[columns[i].first] =
          (as_number(columns[i].second) - as_number(old_columns[i].second)) / seconds;
  return rates;
}

std::vector<watched_row> compare(const observation& before, const observation& now, bool is_first) {
  const auto seconds =
      std::max(std::chrono::duration<double>(now.time - before.time).count(), 1e-9);
  std::vector<watched_row> rows;
  for (const auto& [key, value] : now.values) {
    watched_row row{key, now.keys.at(key), value, json::object(), false, false, 0};
    const auto old = before.values.find(key);
    row.is_new = !is_first && old == before.values.end();
    row.has_changed = row.is_new || (old != before.values.end() && old->second != value);
    if (row.has_changed && !row.is_new)
      row.rates = rates_of(old->second, value, seconds);
    rows.push_back(std::move(row));
  }
  return rows;
}

// Returns the number in a column of a value. Throws `failure` when the value has no such column.
double number_in(const json& value, const std::string& column) {
  std::vector<std::pair<std::string, json>> columns;
  collect_numbers(value, "", columns);
  std::vector<std::string> names;
  for (const auto& [name, item] : columns) {
    if (name == column)
      return as_number(item);
    names.push_back(name);
  }
  throw failure(fmt::format("SORT_BY '{}' is no column of this map", column),
                fmt::format("It has {}.", list_names(names, 20)));
}

// Sorts by a column, the largest number first.
void sort_rows(std::vector<watched_row>& rows, const std::string& column) {
  for (auto& row : rows)
    row.rank = number_in(row.value, column);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.rank > b.rank; });
}

std::string rates_text(const json& rates) {
  std::string text;
  for (const auto& [name, rate] : rates.items())
    text += fmt::format("{}{} {:+.1f}/s", text.empty() ? "" : ", ", printable(name),
                        rate.get<double>());
  return text;
}

// On a terminal, a table that refreshes, cut to the window. Elsewhere plain lines: what changed.
void print_rows(const loaded_map& map, const std::vector<watched_row>& rows, bool is_terminal,
                bool is_first) {
  std::vector<std::vector<std::string>> table{{"", "key", "value", "per second"}};
  for (const auto& row : rows)
    if (is_terminal || is_first || row.has_changed)
      table.push_back({row.is_new        ? "+"
                       : row.has_changed ? "*"
                                         : " ",
                       printable(row.key, 200), value_text(row.value), rates_text(row.rates)});
  if (!is_terminal) {
    if (table.size() > 1)
      print_output("{}", text_table(table));
    return;
  }
  winsize window{};
  const bool has_size = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 4;
  const std::size_t room = has_size ? window.ws_row - 4U : 20;
  if (table.size() > room + 1) {
    const auto left_out = table.size() - 1 - room;
    table.resize(room + 1);
    table.push_back({"", fmt::format("{} more", left_out), "", ""});
  }
  clear_terminal();
  print_output("map {} '{}' ({}), Ctrl-C ends\n{}", map.id, printable(map.name), map.type,
               text_table(table));
}

void print_json_line(const loaded_map& map, const std::vector<watched_row>& rows) {
  auto document = inspect_document("watch-map");
  document["map_id"] = map.id;
  document["name"] = map.name;
  document["entries"] = json::array();
  for (const auto& row : rows)
    document["entries"].push_back({{"key", row.key_value},
                                   {"value", row.value},
                                   {"has_changed", row.has_changed},
                                   {"per_second", row.rates}});
  print_output("{}\n", document.dump(-1, ' ', true, json::error_handler_t::replace));
}

void watch_map(const inspect_context& context, const map_options& given) {
  const auto seconds = inspect_seconds(context.value(given.interval, "INTERVAL"), 1);
  const auto count_word = context.value(given.count, "COUNT");
  const auto count = count_word.empty() ? 0 : inspect_number(count_word, "COUNT");
  context.need_root("read maps in the kernel");
  const auto map = choose_map(context, given.map, "watch-map");
  const auto fd = open_map(map.id);
  const auto types = find_map_types(map, context.object_paths());
  const auto sort_by = context.value(given.sort_by, "SORT_BY");
  const bool is_apart = context.flag(given.per_cpu, "PER_CPU");
  const bool is_json = context.flag(given.json, "JSON");
  const bool is_terminal = !is_json && ::isatty(STDOUT_FILENO) != 0;
  observation before;
  for (std::uint32_t round = 0; count == 0 || round < count; ++round) {
    if (round != 0)
      std::this_thread::sleep_for(seconds);
    observation now{std::chrono::steady_clock::now(), {}, {}};
    for (const auto& entry : read_entries(fd.get(), map)) {
      const auto key = key_json(types, entry);
      now.values.emplace(value_text(key), is_apart ? values_json(types, map, entry)
                                                   : summed_value_json(types, entry));
      now.keys.emplace(value_text(key), key);
    }
    auto rows = compare(before, now, round == 0);
    if (!sort_by.empty())
      sort_rows(rows, sort_by);
    if (is_json)
      print_json_line(map, rows);
    else
      print_rows(map, rows, is_terminal, round == 0);
    flush_output();
    before = std::move(now);
  }
}

CLI::App* add_map_options(CLI::App& inspect, const char* name, const char* description,
                          map_options& given) {
  auto* command = inspect.add_subcommand(name, description);
  add_map_choice(*command, given.map);
  command->add_flag("--all", given.map.all, "All maps in the kernel (variable ALL)");
  command->add_flag("--json", given.json, "Print JSON (variable JSON)");
  return command;
}

}  // namespace

void add_inspect_map_commands(CLI::App& inspect, const shared_context& context) {
  auto dumped = std::make_shared<map_options>();
  auto* dump =
      add_map_options(inspect, "dump-map", "Show the entries of maps, typed by their BTF", *dumped);
  dump->add_option("--key", dumped->key,
                   "Only the entry with this key, as it is shown, or hex 01 0a ... (variable KEY)");
  dump->callback([=] { dump_map(*context, *dumped); });
  auto watched = std::make_shared<map_options>();
  auto* watch = add_map_options(inspect, "watch-map",
                                "Watch the entries of a map: what changes, and how fast", *watched);
  watch->add_option("--interval", watched->interval,
                    "Seconds between two looks, default 1 (variable INTERVAL)");
  watch->add_option("--count", watched->count,
                    "Looks until it ends; default: until Ctrl-C (variable COUNT)");
  watch->add_option("--sort-by", watched->sort_by,
                    "Member of the value to sort by, the largest first (variable SORT_BY)");
  watch->add_flag("--per-cpu", watched->per_cpu,
                  "Show the value of each CPU, not the sum (variable PER_CPU)");
  watch->callback([=] { watch_map(*context, *watched); });
}

}  // namespace ebpfkit::host::tool
