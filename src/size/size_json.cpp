#include "size/size_json.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

using json = nlohmann::json;
using ordered = nlohmann::ordered_json;

constexpr std::string_view report_format = "ebpfkit-size-1";
constexpr std::string_view changes_format = "ebpfkit-size-changes-1";

// All JSON readers keep integers up to here (RFC 8259, section 6).
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 53;

ordered bytes_json(const byte_count& bytes) {
  return {{"bytes", bytes.in_file}, {"zero_bytes", bytes.zero}};
}

ordered entry_json(std::string_view name, const byte_count& bytes) {
  return {{"name", name}, {"bytes", bytes.in_file}, {"zero_bytes", bytes.zero}};
}

ordered entries_json(const std::vector<size_entry>& entries) {
  auto list = ordered::array();
  for (const auto& entry : entries)
    list.push_back(entry_json(entry.name, entry.bytes));
  return list;
}

ordered changes_json(const std::vector<size_change>& changes, bool has_objects) {
  auto list = ordered::array();
  for (const auto& change : changes) {
    ordered each{{"name", change.name},
                 {"before", bytes_json(change.before)},
                 {"after", bytes_json(change.after)}};
    if (has_objects)
      each["objects"] = changes_json(change.parts, false);
    list.push_back(each);
  }
  return list;
}

struct wrong_json {};

const json& member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end())
    throw wrong_json{};
  return *found;
}

std::string text(const json& object, const char* name) {
  const auto& value = member(object, name);
  if (!value.is_string())
    throw wrong_json{};
  return value.get<std::string>();
}

std::uint64_t count(const json& object, const char* name) {
  const auto& value = member(object, name);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most_bytes)
    throw wrong_json{};
  return value.get<std::uint64_t>();
}

byte_count bytes(const json& object) {
  return {count(object, "bytes"), count(object, "zero_bytes")};
}

const json& list(const json& object, const char* name) {
  const auto& value = member(object, name);
  if (!value.is_array())
    throw wrong_json{};
  return value;
}

std::vector<size_entry> entries(const json& object, const char* name) {
  std::vector<size_entry> found;
  for (const auto& each : list(object, name))
    found.push_back({text(each, "name"), bytes(each)});
  return found;
}

owner_kind kind(const json& library) {
  const auto word = text(library, "kind");
  for (const auto each : {owner_kind::archive, owner_kind::own, owner_kind::start_files,
                          owner_kind::lto, owner_kind::none}) {
    if (word == owner_kind_name(each))
      return each;
  }
  throw wrong_json{};
}

size_report read(const json& object) {
  if (text(object, "format") != report_format)
    throw wrong_json{};
  size_report report;
  report.file = text(object, "file");
  report.owners_from = text(object, "owners_from");
  report.file_size = count(object, "file_size");
  report.loaded = bytes(member(object, "loaded"));
  report.sections = entries(object, "sections");
  for (const auto& each : list(object, "libraries"))
    report.libraries.push_back(
        {kind(each), text(each, "name"), bytes(each), entries(each, "objects")});
  return report;
}

}  // namespace

ordered size_report_json(const size_report& report) {
  auto libraries = ordered::array();
  for (const auto& library : report.libraries) {
    auto each = entry_json(library.name, library.bytes);
    each["kind"] = owner_kind_name(library.kind);
    each["objects"] = entries_json(library.objects);
    libraries.push_back(each);
  }
  return {{"format", report_format},
          {"file", report.file},
          {"owners_from", report.owners_from},
          {"file_size", report.file_size},
          {"loaded", bytes_json(report.loaded)},
          {"sections", entries_json(report.sections)},
          {"libraries", libraries}};
}

ordered size_changes_json(const size_changes& changes, const size_report& before,
                          const size_report& after) {
  const bool has_owners = !before.owners_from.empty() && !after.owners_from.empty();
  return {{"format", changes_format},
          {"before_file", before.file},
          {"after_file", after.file},
          {"owners_from", has_owners ? after.owners_from : ""},
          {"before", bytes_json(before.loaded)},
          {"after", bytes_json(after.loaded)},
          {"sections", changes_json(changes.sections, false)},
          {"libraries", changes_json(changes.libraries, true)}};
}

size_report parse_size_report(std::string_view text, const std::string& name) {
  try {
    return read(json::parse(text));
  } catch (const wrong_json&) {
  } catch (const json::exception&) {
  }
  throw failure(
      fmt::format("'{}': neither an ELF file nor a report of `ebpfkit size --json`", name),
      "Name a linked program, or what `ebpfkit size LOADER --json` printed.");
}

}  // namespace ebpfkit::host
