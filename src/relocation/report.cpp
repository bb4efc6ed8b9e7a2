#include "relocation/report.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "relocation/access_spec.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// No program spells out a longer text.
constexpr std::size_t longest_shown = 1000;

}  // namespace

std::string access_text(const program_object& object, const core_relocation& relocation) {
  try {
    const auto spec =
        parse_access(object.types(), relocation.kind, relocation.type, relocation.access.raw());
    return printable(describe(object.types(), spec), longest_shown);
  } catch (const failure&) {
    return fmt::format("type {} access {}", relocation.type,
                       relocation.access.shown(longest_shown));
  }
}

std::string relocation_text(const program_object& object, const core_relocation& relocation,
                            const resolution* result) {
  const auto program = relocation.program.empty()
                           ? fmt::format("section {}", relocation.section.shown())
                           : relocation.program.shown();
  auto text =
      fmt::format("  {} at instruction {}: {} {}\n", program, relocation.program_instruction,
                  relocation_kind_name(relocation.kind), access_text(object, relocation));
  const auto& position = relocation.position;
  if (position.line != 0)
    text += fmt::format("    {}:{}: {}\n", position.file.shown(longest_shown), position.line,
                        position.text.shown(longest_shown));
  if (result == nullptr)
    return text;
  const auto status = relocation_status_name(result->status);
  if (result->problem.empty())
    text += fmt::format("    {}: {}\n", status, result->value.target);
  else
    text += fmt::format("    {}: {}\n", status, printable(result->problem, longest_shown));
  return text;
}

nlohmann::json relocation_json(const program_object& object, const core_relocation& relocation,
                               const resolution* result) {
  nlohmann::json source;
  const auto& position = relocation.position;
  if (position.line != 0)
    source = {{"file", position.file.raw()},
              {"line", position.line},
              {"column", position.column},
              {"text", position.text.raw()}};
  nlohmann::json json = {{"section", relocation.section.raw()},
                         {"program", relocation.program.raw()},
                         {"instruction", relocation.program_instruction},
                         {"kind", relocation_kind_name(relocation.kind)},
                         {"access", access_text(object, relocation)},
                         {"type_id", relocation.type},
                         {"access_string", relocation.access.raw().substr(0, longest_shown)},
                         {"source", std::move(source)}};
  if (result == nullptr)
    return json;
  json["status"] = relocation_status_name(result->status);
  const bool has_value =
      result->status == relocation_status::resolved || result->status == relocation_status::absent;
  json["value"] = has_value ? nlohmann::json(result->value.target) : nlohmann::json();
  json["problem"] = result->problem;
  return json;
}

}  // namespace ebpfkit::host
