#include "skeleton/skeleton.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

bool is_nameable(type_kind kind) {
  switch (kind) {
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
    case type_kind::type_definition:
      return true;
    default:
      return false;
  }
}

std::optional<type_id> find_type(const type_graph& types, std::string_view name) {
  std::string_view tag;
  for (const std::string_view word : {"struct ", "union ", "enum "}) {
    if (name.starts_with(word)) {
      tag = word.substr(0, word.size() - 1);
      name.remove_prefix(word.size());
    }
  }
  for (const auto type : types.find(name)) {
    const auto kind = types.kind(type);
    if (is_nameable(kind) && (tag.empty() || kind_name(kind).starts_with(tag)))
      return type;
  }
  return std::nullopt;
}

std::vector<std::string_view> nameable_types(const type_graph& types) {
  std::vector<std::string_view> names;
  for (type_id type = 1; type < types.type_count(); ++type) {
    if (is_nameable(types.kind(type)) && !types.name(type).empty())
      names.push_back(types.name(type));
  }
  return names;
}

}  // namespace

void check_program_name(const std::string& name) {
  if (!is_c_identifier(name))
    throw failure(
        fmt::format("'{}' cannot name a program: it must be a C identifier", printable(name)),
        "Set OUTPUT_NAME of ebpf_add_program().");
}

void check_skeleton_name(const std::string& name) {
  if (!is_c_identifier(name) || is_reserved_word(name))
    throw failure(
        fmt::format("'{}' cannot name a skeleton: it must be a C identifier", printable(name)),
        "Set OUTPUT_NAME of ebpf_add_program() or C_NAME of ebpf_add_skeleton().");
  // In C++, bpftool's struct has static functions of these names.
  constexpr std::array<std::string_view, 7> functions = {
      "open", "open_and_load", "load", "attach", "detach", "destroy", "elf_bytes"};
  if (std::ranges::find(functions, name) != functions.end())
    throw failure(fmt::format("'{}' cannot name a skeleton: it is the name of a function of "
                              "every skeleton",
                              name),
                  "Choose another C_NAME of ebpf_add_skeleton().");
}

std::vector<std::string> section_identifiers(const bpf_object_file& object, name_scope& scope,
                                             std::string_view type_suffix) {
  std::vector<std::string> identifiers;
  for (const auto& section : object.data_sections()) {
    auto identifier = scope.add(section.identifier());
    if (!type_suffix.empty()) {
      while (scope.contains(identifier + std::string(type_suffix)))
        identifier = scope.add(section.identifier());
      scope.reserve(identifier + std::string(type_suffix));
    }
    identifiers.push_back(std::move(identifier));
  }
  return identifiers;
}

declared_types read_shared_headers(const std::vector<shared_header>& headers) {
  declared_types all;
  for (const auto& header : headers) {
    if (header.include_name.find_first_of("\"\n\\") != std::string::npos)
      throw failure(fmt::format("'{}' cannot stand in an #include", header.include_name),
                    "Rename the shared header.");
    const auto bytes = read_file(header.path);
    auto found = scan_header({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    all.tags.merge(found.tags);
    all.typedefs.merge(found.typedefs);
  }
  return all;
}

std::vector<type_id> find_types(const bpf_object_file& object,
                                const std::vector<std::string>& names) {
  std::vector<type_id> found;
  std::string missing;
  for (const auto& name : names) {
    if (const auto type = find_type(object.types(), name))
      found.push_back(*type);
    else
      missing += fmt::format("\n  no type '{}'{}", name,
                             nearest_names_hint(name, nameable_types(object.types())));
  }
  if (!missing.empty())
    throw failure(
        fmt::format("'{}': the object's BTF lacks types that were asked for:{}", object.path(),
                    missing),
        "clang describes only types that a global, a map or a function that is not inlined uses.\n"
        "  For a ring buffer's record add to the BPF source: "
        "const struct NAME *NAME_in_btf __attribute__((unused));");
  return found;
}

}  // namespace ebpfkit::host
