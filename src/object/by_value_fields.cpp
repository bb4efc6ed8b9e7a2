#include "object/by_value_fields.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <vector>

#include "btf/decl_tags.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

class partial_value_finder {
 public:
  explicit partial_value_finder(const type_graph& types) : types_(types) {
    for (type_id type = 1; type < types_.type_count(); ++type) {
      if (types_.kind(type) == type_kind::declaration_tag && types_.tagged_component(type) == -1 &&
          types_.name(type) == some_members_tag)
        partial_.insert(types_.target(type));
    }
  }

  bool has_partial_records() const { return !partial_.empty(); }

  // Returns the first partial record that a value of the type holds, or 0.
  type_id find_in(type_id type) const {
    std::vector<type_id> pending = {type};
    std::set<type_id> seen;
    while (!pending.empty()) {
      auto next = types_.skip_wrappers(pending.back());
      pending.pop_back();
      while (types_.kind(next) == type_kind::array)
        next = types_.skip_wrappers(types_.array(next).element);
      if (!types_.is_record(next) || !seen.insert(next).second)
        continue;
      if (partial_.contains(next))
        return next;
      for (const auto& member : types_.members(next))
        pending.push_back(member.type);
    }
    return 0;
  }

  // Returns the first partial record that a key or value of the map holds, or 0. The members `key`
  // and `value` of the declaration point to these types.
  type_id find_in_map(type_id declaration) const {
    declaration = types_.skip_wrappers(declaration);
    if (!types_.is_record(declaration))
      return 0;
    for (const auto& member : types_.members(declaration)) {
      const auto pointer = types_.skip_wrappers(member.type);
      if ((member.name != "key" && member.name != "value") ||
          types_.kind(pointer) != type_kind::pointer)
        continue;
      if (const auto found = find_in(types_.target(pointer)); found != 0)
        return found;
    }
    return 0;
  }

 private:
  const type_graph& types_;
  std::set<type_id> partial_;
};

}  // namespace

void check_no_partial_values(const type_graph& types, const std::string& source) {
  const partial_value_finder finder(types);
  if (!finder.has_partial_records())
    return;
  std::string problems;
  std::set<std::string_view> names;
  for (type_id section = 1; section < types.type_count(); ++section) {
    if (types.kind(section) != type_kind::data_section)
      continue;
    const bool is_maps = types.name(section) == ".maps";
    for (const auto& entry : types.section_entries(section)) {
      if (types.kind(entry.variable) != type_kind::variable)
        continue;
      const auto type = types.target(entry.variable);
      const auto record = is_maps ? finder.find_in_map(type) : finder.find_in(type);
      if (record == 0)
        continue;
      names.insert(types.name(record));
      problems += fmt::format("\n  {} '{}' holds '{}' by value", is_maps ? "map" : "variable",
                              types.name(entry.variable), types.describe(record));
    }
  }
  if (names.empty())
    return;
  std::string wanted;
  for (const auto name : names)
    wanted += fmt::format(" {}", name);
  throw failure(
      fmt::format(
          "'{}': a record with only some members (FIELDS) does not have the kernel's size, so "
          "no map or variable can hold it by value:{}",
          source, problems),
      fmt::format("Use pointers to such records, or ask for the whole type: TYPES{}.", wanted));
}

type_id partial_record_in(const type_graph& types, type_id type) {
  const partial_value_finder finder(types);
  return finder.has_partial_records() ? finder.find_in(type) : 0;
}

}  // namespace ebpfkit::host
