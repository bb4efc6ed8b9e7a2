#include "btf/btf_diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "btf/type_signature.hpp"
#include "btf/type_text.hpp"
#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// The kinds to compare, in the order of the result. Enums of 32 and of 64 bits are one kind.
enum class comparable {
  integer,
  floating_point,
  type_definition,
  structure,
  union_type,
  enumeration,
  function,
  variable,
};

struct comparable_name {
  comparable kind;
  std::string_view name;
  auto operator<=>(const comparable_name&) const = default;
};

std::string_view kind_text(comparable kind) {
  switch (kind) {
    case comparable::integer:
      return "int";
    case comparable::floating_point:
      return "float";
    case comparable::type_definition:
      return "typedef";
    case comparable::structure:
      return "struct";
    case comparable::union_type:
      return "union";
    case comparable::enumeration:
      return "enum";
    case comparable::function:
      return "function";
    case comparable::variable:
      break;
  }
  return "variable";
}

std::optional<comparable> comparable_kind(type_kind kind) {
  switch (kind) {
    case type_kind::integer:
      return comparable::integer;
    case type_kind::floating_point:
      return comparable::floating_point;
    case type_kind::type_definition:
      return comparable::type_definition;
    case type_kind::structure:
      return comparable::structure;
    case type_kind::union_type:
      return comparable::union_type;
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return comparable::enumeration;
    case type_kind::function:
      return comparable::function;
    case type_kind::variable:
      return comparable::variable;
    default:
      return std::nullopt;
  }
}

// The types of both graphs that share a name and a kind.
struct namesakes {
  std::vector<type_id> before;
  std::vector<type_id> after;
};

std::string offset_text(const flat_member& field) {
  if (field.bitfield_size != 0)
    return field.bitfield_size == 1 ? fmt::format("bit {}", field.bit_offset)
                                    : fmt::format("bits {}-{}", field.bit_offset,
                                                  field.bit_offset + field.bitfield_size - 1);
  if (field.bit_offset % 8 != 0)
    return fmt::format("bit {}", field.bit_offset);
  return fmt::format("byte {}", field.bit_offset / 8);
}

std::string value_text(const type_graph& graph, type_id enumeration, std::uint64_t value) {
  if (graph.is_signed_enumeration(enumeration))
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

class comparison {
 public:
  comparison(const type_graph& before, const type_graph& after, const diff_options& options)
      : before_(before),
        after_(after),
        options_(options),
        before_signatures_(before),
        after_signatures_(after) {}

  std::vector<btf_difference> run() {
    collect(before_, &namesakes::before);
    collect(after_, &namesakes::after);
    check_wanted_names();
    std::vector<std::pair<comparable_name, const namesakes*>> sorted;
    for (const auto& [name, types] : groups_)
      sorted.emplace_back(name, &types);
    std::ranges::sort(sorted, {}, [](const auto& each) { return each.first; });
    for (const auto& [name, types] : sorted)
      compare_namesakes(name, *types);
    if (options_.names.empty())
      compare_anonymous_constants();
    return std::move(found_);
  }

 private:
  struct name_hash {
    std::size_t operator()(const comparable_name& key) const {
      return std::hash<std::string_view>{}(key.name) * 31 + static_cast<std::size_t>(key.kind);
    }
  };

  bool is_wanted(const comparable_name& key) {
    if (options_.names.empty())
      return options_.with_functions || key.kind < comparable::function;
    const auto whole = fmt::format("{} {}", kind_text(key.kind), key.name);
    bool wanted = false;
    for (const auto& name : options_.names) {
      if (name == key.name || name == whole) {
        seen_.insert(name);
        wanted = true;
      }
    }
    return wanted;
  }

  void collect(const type_graph& graph, std::vector<type_id> namesakes::*side) {
    for (auto type = graph.first_own_type(); type < graph.type_count(); ++type) {
      const auto kind = comparable_kind(graph.kind(type));
      if (!kind || graph.name(type).empty())
        continue;
      const comparable_name key{*kind, graph.name(type)};
      if (is_wanted(key))
        (groups_[key].*side).push_back(type);
    }
  }

  void check_wanted_names() const {
    for (const auto& name : options_.names) {
      if (seen_.contains(name))
        continue;
      std::vector<std::string_view> candidates;
      for (const auto* graph : {&before_, &after_}) {
        for (auto type = graph->first_own_type(); type < graph->type_count(); ++type)
          candidates.push_back(graph->name(type));
      }
      throw failure(fmt::format("neither BTF has a type '{}'{}", printable(name),
                                nearest_names_hint(name, candidates)),
                    "Write it as task_struct or 'struct task_struct'.");
    }
  }

  void add(btf_change change, std::string item, std::string before, std::string after) {
    if (found_.size() == most_differences)
      throw failure(fmt::format("the BTFs differ in more than {} types, members and constants",
                                most_differences),
                    "Name the types to compare: ebpfkit btf diff FILE FILE task_struct.");
    found_.push_back({change, type_, std::move(item), std::move(before), std::move(after),
                      before_type_, after_type_});
  }

  void compare_namesakes(const comparable_name& name, const namesakes& types) {
    // Remove the types that have an equal on the other side.
    std::unordered_map<std::uint64_t, std::vector<type_id>> unmatched;
    for (const auto type : types.after)
      unmatched[after_signatures_.of_definition(type)].push_back(type);
    std::vector<type_id> before;
    std::set<type_id> matched;
    for (const auto type : types.before) {
      const auto equals = unmatched.find(before_signatures_.of_definition(type));
      if (equals == unmatched.end() || equals->second.empty()) {
        before.push_back(type);
      } else {
        matched.insert(equals->second.back());
        equals->second.pop_back();
      }
    }
    std::vector<type_id> after;
    std::ranges::copy_if(types.after, std::back_inserter(after),
                         [&](type_id type) { return !matched.contains(type); });

    type_ = fmt::format("{} {}", kind_text(name.kind), printable(name.name));
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
      before_type_ = i < before.size() ? std::optional(before[i]) : std::nullopt;
      after_type_ = i < after.size() ? std::optional(after[i]) : std::nullopt;
      if (!before_type_)
        add(btf_change::type_added, {}, {}, {});
      else if (!after_type_)
        add(btf_change::type_removed, {}, {}, {});
      else
        compare_definitions(name.kind, *before_type_, *after_type_);
    }
  }

  void compare_definitions(comparable kind, type_id before, type_id after) {
    const auto target_changed = [&] {
      add(btf_change::definition_changed, {}, type_text(before_, before_.target(before)),
          type_text(after_, after_.target(after)));
    };
    switch (kind) {
      case comparable::structure:
      case comparable::union_type:
        compare_sizes(before, after);
        return compare_members(flat_members(before_, before), flat_members(after_, after));
      case comparable::enumeration:
        compare_sizes(before, after);
        return compare_enumerators(before, after);
      case comparable::type_definition:
        return compare_typedefs(before, after);
      case comparable::function:
      case comparable::variable:
        return target_changed();
      case comparable::integer:
      case comparable::floating_point:
        return add(btf_change::definition_changed, {}, number_text(before_, before),
                   number_text(after_, after));
    }
  }

  void compare_typedefs(type_id before, type_id after) {
    const auto old_target = before_.skip_qualifiers(before_.target(before));
    const auto new_target = after_.skip_qualifiers(after_.target(after));
    const bool are_records = before_.is_record(old_target) && after_.is_record(new_target);
    const bool are_enums = before_.is_enumeration(old_target) && after_.is_enumeration(new_target);
    const bool are_anonymous = before_.name(old_target).empty() && after_.name(new_target).empty();
    const auto old_text = type_text(before_, before_.target(before));
    const auto new_text = type_text(after_, after_.target(after));
    // Two anonymous types have the same text, so show the members that differ.
    if (!are_anonymous || !(are_records || are_enums) || old_text != new_text)
      return add(btf_change::definition_changed, {}, old_text, new_text);
    compare_sizes(old_target, new_target);
    if (are_records)
      compare_members(flat_members(before_, old_target), flat_members(after_, new_target));
    else
      compare_enumerators(old_target, new_target);
  }

  static std::string number_text(const type_graph& graph, type_id type) {
    if (graph.kind(type) == type_kind::floating_point)
      return fmt::format("{} bytes", graph.size_of(type));
    const auto encoding = graph.integer(type);
    return fmt::format("{} bytes, {} bits, {}{}", graph.size_of(type), encoding.bits,
                       encoding.is_signed ? "signed" : "unsigned",
                       encoding.is_bool ? ", bool" : (encoding.is_char ? ", char" : ""));
  }

  void compare_sizes(type_id before, type_id after) {
    if (before_.size_of(before) != after_.size_of(after))
      add(btf_change::size_changed, {}, fmt::format("{}", before_.size_of(before)),
          fmt::format("{}", after_.size_of(after)));
  }

  // `outer` names the members of anonymous type that contain these fields ("u.header."), or is
  // empty.
  void compare_members(const std::vector<flat_member>& before,
                       const std::vector<flat_member>& after, const std::string& outer = {}) {
    std::unordered_map<std::string_view, const flat_member*> there;
    std::set<std::string_view> here;
    for (const auto& field : after)
      there.emplace(field.name, &field);
    for (const auto& field : before) {
      here.insert(field.name);
      const auto name = outer + std::string(field.name);
      const auto counterpart = there.find(field.name);
      if (counterpart == there.end())
        add(btf_change::member_removed, name, type_text(before_, field.type), {});
      else
        compare_member(name, field, *counterpart->second);
    }
    for (const auto& field : after) {
      if (!here.contains(field.name))
        add(btf_change::member_added, outer + std::string(field.name), {},
            type_text(after_, field.type));
    }
  }

  void compare_member(const std::string& name, const flat_member& before,
                      const flat_member& after) {
    if (before.bit_offset != after.bit_offset || before.bitfield_size != after.bitfield_size)
      add(btf_change::member_moved, name, offset_text(before), offset_text(after));
    if (before_signatures_.of_use(before.type) == after_signatures_.of_use(after.type))
      return;
    const auto old_text = type_text(before_, before.type);
    const auto new_text = type_text(after_, after.type);
    const auto old_type = before_.skip_qualifiers(before.type);
    const auto new_type = after_.skip_qualifiers(after.type);
    // The text of an anonymous record does not show what differs.
    if (old_text == new_text && before_.is_record(old_type) && after_.is_record(new_type))
      compare_members(flat_members(before_, old_type), flat_members(after_, new_type), name + ".");
    else
      add(btf_change::member_retyped, name, old_text, new_text);
  }

  void compare_enumerators(type_id before, type_id after) {
    std::unordered_map<std::string_view, std::uint64_t> there;
    std::set<std::string_view> here;
    for (const auto& constant : after_.enumerators(after))
      there.emplace(constant.name, constant.value);
    for (const auto& constant : before_.enumerators(before)) {
      here.insert(constant.name);
      const auto counterpart = there.find(constant.name);
      const auto value = value_text(before_, before, constant.value);
      if (counterpart == there.end())
        add(btf_change::enumerator_removed, std::string(constant.name), value, {});
      else if (counterpart->second != constant.value)
        add(btf_change::enumerator_changed, std::string(constant.name), value,
            value_text(after_, after, counterpart->second));
    }
    for (const auto& constant : after_.enumerators(after)) {
      if (!here.contains(constant.name))
        add(btf_change::enumerator_added, std::string(constant.name), {},
            value_text(after_, after, constant.value));
    }
  }

  using constant_values = std::map<std::string_view, std::set<std::string>>;

  // Returns sets, because different source files may give one name different values.
  static constant_values anonymous_constants(const type_graph& graph) {
    constant_values values;
    for (auto type = graph.first_own_type(); type < graph.type_count(); ++type) {
      if (!graph.is_enumeration(type) || !graph.name(type).empty())
        continue;
      for (const auto& constant : graph.enumerators(type))
        values[constant.name].insert(value_text(graph, type, constant.value));
    }
    return values;
  }

  void compare_anonymous_constants() {
    const auto before = anonymous_constants(before_);
    const auto after = anonymous_constants(after_);
    type_ = "enum";
    before_type_ = after_type_ = std::nullopt;
    for (const auto& [name, values] : before) {
      const auto counterpart = after.find(name);
      const auto text = fmt::format("{}", fmt::join(values, ", "));
      if (counterpart == after.end())
        add(btf_change::enumerator_removed, std::string(name), text, {});
      else if (counterpart->second != values)
        add(btf_change::enumerator_changed, std::string(name), text,
            fmt::format("{}", fmt::join(counterpart->second, ", ")));
    }
    for (const auto& [name, values] : after) {
      if (!before.contains(name))
        add(btf_change::enumerator_added, std::string(name), {},
            fmt::format("{}", fmt::join(values, ", ")));
    }
  }

  const type_graph& before_;
  const type_graph& after_;
  const diff_options& options_;
  type_signatures before_signatures_;
  type_signatures after_signatures_;
  std::unordered_map<comparable_name, namesakes, name_hash> groups_;
  std::set<std::string> seen_;  // wanted names that were found
  std::string type_;            // what is being compared
  std::optional<type_id> before_type_;
  std::optional<type_id> after_type_;
  std::vector<btf_difference> found_;
};

}  // namespace

std::string_view change_name(btf_change change) {
  switch (change) {
    case btf_change::type_added:
      return "type_added";
    case btf_change::type_removed:
      return "type_removed";
    case btf_change::size_changed:
      return "size_changed";
    case btf_change::definition_changed:
      return "definition_changed";
    case btf_change::member_added:
      return "member_added";
    case btf_change::member_removed:
      return "member_removed";
    case btf_change::member_moved:
      return "member_moved";
    case btf_change::member_retyped:
      return "member_retyped";
    case btf_change::enumerator_added:
      return "enumerator_added";
    case btf_change::enumerator_removed:
      return "enumerator_removed";
    case btf_change::enumerator_changed:
      break;
  }
  return "enumerator_changed";
}

std::vector<btf_difference> compare_btf(const type_graph& before, const type_graph& after,
                                        const diff_options& options) {
  return comparison(before, after, options).run();
}

}  // namespace ebpfkit::host
