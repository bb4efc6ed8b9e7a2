#include "export/host_types.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "object/by_value_fields.hpp"
#include "skeleton/identifiers.hpp"
#include "skeleton/layout_writer.hpp"
#include "skeleton/macro_shield.hpp"
#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/source_text.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

bool is_nameable(const type_graph& types, type_id type) {
  return types.is_record(type) || types.is_enumeration(type) ||
         types.kind(type) == type_kind::type_definition;
}

// Splits "struct event" into keyword and name. The keyword may be empty.
std::pair<std::string_view, std::string_view> split_keyword(std::string_view request) {
  const auto space = request.find(' ');
  if (space == std::string_view::npos)
    return {{}, request};
  return {request.substr(0, space), request.substr(request.find_last_of(' ') + 1)};
}

std::optional<type_id> find_type(const type_graph& types, std::string_view request) {
  const auto [keyword, name] = split_keyword(request);
  for (const auto type : types.find(name)) {
    if (is_nameable(types, type) &&
        (keyword.empty() || kind_name(types.kind(type)).starts_with(keyword)))
      return type;
  }
  return std::nullopt;
}

std::vector<type_id> find_types(const type_graph& types, const host_types_request& request) {
  std::vector<type_id> found;
  std::vector<std::string_view> names;
  std::string missing;
  for (const auto& wanted : request.types) {
    if (const auto type = find_type(types, wanted)) {
      found.push_back(*type);
      continue;
    }
    if (names.empty()) {
      for (type_id type = 1; type < types.type_count(); ++type) {
        if (is_nameable(types, type) && !types.name(type).empty())
          names.push_back(types.name(type));
      }
    }
    missing += fmt::format("{}no type '{}' in '{}'{}", missing.empty() ? "" : "\n", wanted,
                           request.source, nearest_names_hint(wanted, names));
  }
  if (!missing.empty())
    throw failure(missing, request.missing_type_remedy.empty() ? "Check the spelling."
                                                               : request.missing_type_remedy);
  return found;
}

void check_complete(const type_graph& types, const std::vector<type_id>& wanted,
                    const host_types_request& request) {
  for (const auto type : wanted) {
    const auto partial = partial_record_in(types, type);
    if (partial != 0)
      throw failure(fmt::format("'{}': '{}' cannot be exported: the BPF program has only some "
                                "members of '{}' (FIELDS), not its layout",
                                request.source, types.describe(type), types.describe(partial)),
                    fmt::format("Ask for the whole type in the program's bindings: TYPES {}.",
                                types.name(partial)));
  }
}

void check_namespace(std::string_view text) {
  for (auto rest = text;;) {
    const auto end = rest.find("::");
    const auto part = rest.substr(0, end);
    if (!is_c_identifier(part) || is_reserved_word(part) || part == "std")
      throw failure(fmt::format("'{}' is not a C++ namespace for types", text),
                    "Write NAMESPACE a or NAMESPACE a::b.");
    if (end == std::string_view::npos)
      return;
    rest.remove_prefix(end + 2);
  }
}

std::string head(const host_types_request& request) {
  auto text = std::string(
      "// Types for programs of the host, with the layout that BTF tells. Made by EbpfKit.\n");
  text += line_comment("Source", request.origin.source_label);
  text += line_comment("Kernel release", request.origin.kernel_release);
  text += line_comment("SHA-256 of the BTF", request.origin.btf_sha256);
  text += line_comment("The layout holds only for", request.origin.fixed_layout);
  text += line_comment("Asked for", fmt::format("{}", fmt::join(request.types, ", ")));
  return text + "#pragma once\n\n";
}

// The definitions and assertions, written in the style of the language.
struct written_types {
  std::string declarations;
  std::string assertions;
  bool is_pedantic = true;
};

written_types write_types(const type_graph& types, const host_types_request& request,
                          layout_style style) {
  const auto wanted = find_types(types, request);
  check_complete(types, wanted, request);
  name_scope scope;
  scope.reserve("std");
  try {
    layout_writer writer(types, std::move(style), scope);
    for (const auto type : wanted)
      writer.define(type);
    return {writer.definitions(), writer.assertions(), !writer.embeds_flexible_array()};
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", request.source, error.what()), error.remedy());
  }
}

// Puts the types between the lines that protect them: from macros, and from -Wpedantic if needed.
std::string protect(const written_types& types, std::string_view before, std::string_view after) {
  const auto shield = shield_from_macros(fmt::format("{}{}{}", before, types.declarations, after));
  const std::string_view pedantic_off =
      "#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored \"-Wpedantic\"\n";
  const std::string_view pedantic_on = "#pragma GCC diagnostic pop\n";
  return fmt::format("{}{}{}{}\n{}{}{}{}", shield.begin, types.is_pedantic ? "" : pedantic_off,
                     before, types.declarations, types.assertions, after,
                     types.is_pedantic ? "" : pedantic_on, shield.end);
}

}  // namespace

std::string make_cxx_types(const type_graph& types, const host_types_request& request,
                           const std::string& cxx_namespace) {
  check_namespace(cxx_namespace);
  layout_style style;
  style.language = layout_language::cxx;
  style.indentation_step = "  ";
  return head(request) + "#include <cstddef>\n#include <cstdint>\n\n" +
         protect(write_types(types, request, style),
                 fmt::format("namespace {} {{\n\n", cxx_namespace),
                 fmt::format("\n}}  // namespace {}\n", cxx_namespace));
}

std::string make_c_types(const type_graph& types, const host_types_request& request) {
  layout_style style;
  style.language = layout_language::c;
  style.indentation_step = "  ";
  style.static_assertion = "_Static_assert";
  return head(request) + "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n" +
         protect(write_types(types, request, style), "", "");
}

}  // namespace ebpfkit::host
