#include "relocation/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "relocation/access_spec.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

std::string escape_unprintable(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c >= ' ' && c <= '~')
      escaped += c;
    else
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return escaped;
}

std::string access_text(const program_object& object, const core_relocation& relocation) {
  // No program spells out a longer text.
  static constexpr std::size_t longest = 1000;
  try {
    const auto spec =
        parse_access(object.types(), relocation.kind, relocation.type, relocation.access);
    return escape_unprintable(describe(object.types(), spec).substr(0, longest));
  } catch (const failure&) {
    return fmt::format("type {} access {}", relocation.type,
                       escape_unprintable(relocation.access.substr(0, longest)));
  }
}

std::string relocation_text(const program_object& object, const core_relocation& relocation,
                            const resolution* result) {
  const auto program = relocation.program.empty()
                           ? fmt::format("section {}", escape_unprintable(relocation.section))
                           : escape_unprintable(relocation.program);
  auto text =
      fmt::format("  {} at instruction {}: {} {}\n", program, relocation.program_instruction,
                  relocation_kind_name(relocation.kind), access_text(object, relocation));
  const auto& position = relocation.position;
  if (position.line != 0)
    text += fmt::format("    {}:{}: {}\n", escape_unprintable(position.file), position.line,
                        escape_unprintable(position.text));
  if (result == nullptr)
    return text;
  const auto status = relocation_status_name(result->status);
  if (result->problem.empty())
    text += fmt::format("    {}: {}\n", status, result->value.target);
  else
    text += fmt::format("    {}: {}\n", status, escape_unprintable(result->problem));
  return text;
}

nlohmann::json relocation_json(const program_object& object, const core_relocation& relocation,
                               const resolution* result) {
  nlohmann::json source;
  const auto& position = relocation.position;
  if (position.line != 0)
    source = {{"file", position.file},
              {"line", position.line},
              {"column", position.column},
              {"text", position.text}};
  nlohmann::json json = {{"section", relocation.section},
                         {"program", relocation.program},
                         {"instruction", relocation.program_instruction},
                         {"kind", relocation_kind_name(relocation.kind)},
                         {"access", access_text(object, relocation)},
                         {"type_id", relocation.type},
                         {"access_string", relocation.access.substr(0, 1000)},
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
