// `ebpfkit size`: what the bytes of a linked program are, and what changed.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "input/elf_sections.hpp"
#include "size/size_change.hpp"
#include "size/size_json.hpp"
#include "size/size_report.hpp"
#include "support/file.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

struct size_arguments {
  fs::path loader;
  fs::path map;
  fs::path against;
  fs::path against_map;
  bool json = false;
  bool all = false;
};

fs::path default_map(const fs::path& loader) {
  return loader.string() + ".map";
}

// Reads the map that the user names, or the one beside the program, if there is one.
size_report read_program(const fs::path& path, const std::vector<std::uint8_t>& elf,
                         const fs::path& given_map) {
  const auto map = given_map.empty() ? default_map(path) : given_map;
  std::error_code error;
  if (given_map.empty() && !fs::exists(map, error))
    return make_size_report(elf, path.string(), std::nullopt);
  const auto text = read_file(map);
  return make_size_report(elf, path.string(), map_file{map.string(), as_text(text)});
}

size_report read_other(const fs::path& path, const fs::path& given_map) {
  const auto content = read_file(path);
  if (is_elf(content))
    return read_program(path, content, given_map);
  return parse_size_report(as_text(content), path.string());
}

// A name of a stranger, which may be empty or have line breaks.
std::string shown(std::string_view name) {
  return printable(name);
}

struct row {
  std::string name;
  byte_count bytes;
};

// Without `all`, 20 rows: the others are one row, so that the sum stays.
void print_rows(std::string_view title, std::vector<row> rows, bool all) {
  constexpr std::size_t most = 20;
  if (!all && rows.size() > most + 1) {
    row rest{fmt::format("{} more (--all shows them)", rows.size() - most), {}};
    for (std::size_t i = most; i < rows.size(); ++i)
      rest.bytes += rows[i].bytes;
    rows.resize(most);
    rows.push_back(std::move(rest));
  }
  print_output("\n{:>10} {:>10}  {}\n", "bytes", "zero", title);
  for (const auto& each : rows)
    print_output("{:>10} {:>10}  {}\n", each.bytes.in_file, each.bytes.zero, each.name);
}

std::vector<row> rows_of(const std::vector<size_entry>& entries) {
  std::vector<row> rows;
  for (const auto& entry : entries)
    rows.push_back({shown(entry.name), entry.bytes});
  return rows;
}

// `libc.a(printf.o)`, `main.o`, `(no owner): padding`.
std::string object_name(const size_library& library, const size_entry& object) {
  switch (library.kind) {
    case owner_kind::archive:
      return fmt::format("{}({})", shown(library.name), shown(object.name));
    case owner_kind::own:
    case owner_kind::start_files:
      return shown(object.name);
    case owner_kind::lto:
    case owner_kind::none:
      break;
  }
  return fmt::format("{}: {}", shown(library.name), shown(object.name));
}

void print_report(const size_report& report, const size_arguments& given) {
  print_output("{}: a program loads {} of the file's {} bytes. Another {} bytes begin as zero.\n",
               given.loader.string(), report.loaded.in_file, report.file_size, report.loaded.zero);
  if (report.owners_from.empty()) {
    const auto target = given.loader.filename().string();
    print_output(
        "There is no map '{}', so nothing tells which library the bytes are from. Let the linker "
        "write it:\n  target_link_options({} PRIVATE \"LINKER:-Map=$<TARGET_FILE:{}>.map\")\n",
        default_map(given.loader).string(), target, target);
    print_rows("by section", rows_of(report.sections), given.all);
    return;
  }
  print_output("The owners of the bytes are from {}'s map '{}'.\n", report.owners_from,
               (given.map.empty() ? default_map(given.loader) : given.map).string());
  std::vector<row> libraries;
  std::vector<row> objects;
  for (const auto& library : report.libraries) {
    libraries.push_back({shown(library.name), library.bytes});
    for (const auto& object : library.objects)
      objects.push_back({object_name(library, object), object.bytes});
  }
  std::ranges::stable_sort(objects, [](const row& one, const row& other) {
    return is_larger(one.bytes, one.name, other.bytes, other.name);
  });
  print_rows("by library", std::move(libraries), given.all);
  print_rows("by object", std::move(objects), given.all);
}

std::int64_t difference(std::uint64_t before, std::uint64_t after) {
  return static_cast<std::int64_t>(after - before);
}

void print_change_rows(std::string_view title, const std::vector<size_change>& changes, bool all) {
  constexpr std::size_t most = 20;
  const auto count = all || changes.size() <= most + 1 ? changes.size() : most;
  print_output("\n{:>10} {:>10} {:>10} {:>10}  {}\n", "change", "before", "after", "zero", title);
  const auto print = [](const size_change& each, std::string_view name) {
    print_output("{:>+10} {:>10} {:>10} {:>+10}  {}\n",
                 difference(each.before.in_file, each.after.in_file), each.before.in_file,
                 each.after.in_file, difference(each.before.zero, each.after.zero), name);
  };
  for (std::size_t i = 0; i < count; ++i)
    print(changes[i], changes[i].name);
  if (count == changes.size())
    return;
  size_change rest;
  for (std::size_t i = count; i < changes.size(); ++i) {
    rest.before += changes[i].before;
    rest.after += changes[i].after;
  }
  print(rest, fmt::format("{} more (--all shows them)", changes.size() - count));
}

void print_changes(const size_changes& changes, const size_report& before, const size_report& after,
                   const size_arguments& given) {
  print_output("{}: a program loads {} bytes, {:+} against the {} of {}.\n", given.loader.string(),
               after.loaded.in_file, difference(before.loaded.in_file, after.loaded.in_file),
               before.loaded.in_file, given.against.string());
  auto shown_changes = [](std::vector<size_change> list) {
    for (auto& each : list)
      each.name = shown(each.name);
    return list;
  };
  if (before.owners_from.empty() || after.owners_from.empty()) {
    print_output("There is no map of '{}', so only sections can be compared.\n",
                 (after.owners_from.empty() ? given.loader : given.against).string());
    print_change_rows("by section", shown_changes(changes.sections), given.all);
    return;
  }
  if (before.owners_from != after.owners_from)
    print_output("{} linked one, {} the other. They count merged strings differently.\n",
                 shown(before.owners_from), shown(after.owners_from));
  std::vector<size_change> objects;
  for (const auto& library : changes.libraries) {
    for (const auto& object : library.parts) {
      objects.push_back(object);
      objects.back().name = fmt::format("{}: {}", shown(library.name), shown(object.name));
    }
  }
  sort_changes(objects);
  print_change_rows("by library", shown_changes(changes.libraries), given.all);
  print_change_rows("by object", objects, given.all);
}

void print_document(const nlohmann::ordered_json& report) {
  auto document = json_document("size");
  document.update(report);
  print_json(document);
}

void run(const size_arguments& given) {
  const auto report = read_program(given.loader, read_file(given.loader), given.map);
  if (given.against.empty()) {
    if (given.json)
      print_document(size_report_json(report));
    else
      print_report(report, given);
    return;
  }
  const auto before = read_other(given.against, given.against_map);
  const auto changes = compare_sizes(before, report);
  if (given.json)
    print_document(size_changes_json(changes, before, report));
  else
    print_changes(changes, before, report, given);
}

}  // namespace

void add_size_command(CLI::App& app) {
  auto* size = app.add_subcommand(
      "size", "Tell what the bytes of a linked program are, by library and by object");
  auto given = std::make_shared<size_arguments>();
  size->add_option("loader", given->loader, "Linked ELF program, stripped or not")->required();
  size->add_option(
      "--map", given->map,
      "What -Wl,-Map=FILE made ld.lld or GNU ld write. Default: <loader>.map, if there "
      "is such a file");
  auto* against = size->add_option(
      "--against", given->against,
      "Tell what changed since this program, or since this output of `ebpfkit size --json`");
  size->add_option("--against-map", given->against_map, "The map of the program of --against")
      ->needs(against);
  size->add_flag("--json", given->json, "Print JSON");
  size->add_flag("--all", given->all, "Show all objects, not only the largest");
  size->callback([given] { run(*given); });
}

}  // namespace ebpfkit::host::tool
