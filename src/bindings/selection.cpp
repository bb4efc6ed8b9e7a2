#include "bindings/selection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>

#include "btf/kernel_functions.hpp"
#include "btf/name_lookup.hpp"
#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// Every BPF program needs these: the integer types of bpf_helper_defs.h, bpf_tracing.h and of most
// programs, and enumerators for libbpf's map definitions and for helper flags.
constexpr std::array<std::string_view, 40> basic_words = {"__u8",
                                                          "__u16",
                                                          "__u32",
                                                          "__u64",
                                                          "__s8",
                                                          "__s16",
                                                          "__s32",
                                                          "__s64",
                                                          "__be16",
                                                          "__be32",
                                                          "__be64",
                                                          "__le16",
                                                          "__le32",
                                                          "__le64",
                                                          "__wsum",
                                                          "__sum16",
                                                          "bool",
                                                          "true",
                                                          "u8",
                                                          "u16",
                                                          "u32",
                                                          "u64",
                                                          "s8",
                                                          "s16",
                                                          "s32",
                                                          "s64",
                                                          "uint8_t",
                                                          "uint16_t",
                                                          "uint32_t",
                                                          "uint64_t",
                                                          "int8_t",
                                                          "int16_t",
                                                          "int32_t",
                                                          "int64_t",
                                                          "size_t",
                                                          "BPF_MAP_TYPE_HASH",
                                                          "BPF_ANY",
                                                          "BPF_F_NO_PREALLOC",
                                                          "BPF_F_CURRENT_CPU",
                                                          "BPF_RB_NO_WAKEUP"};

struct member_position {
  type_id record = 0;
  std::uint32_t index = 0;
};

class selector {
 public:
  selector(const type_graph& graph, std::string_view source) : graph_(graph), source_(source) {
    selection_.extents.assign(graph.type_count(), record_extent::declared);
    visited_.assign(graph.type_count(), visited_nothing);
  }

  type_selection run(const type_request& request);

 private:
  // visited_ holds, for each type, how far follow_needs() has followed what the type needs.
  static constexpr std::uint8_t visited_nothing = 0;
  static constexpr std::uint8_t visited_behind_pointer = 1;
  static constexpr std::uint8_t visited_by_value = 2;

  struct need {
    type_id type = 0;
    bool by_value = false;
  };

  void add_whole();
  void add_type(const std::string& request);
  void add_path(const std::string& request);
  void add_record_members(type_id record, const std::unordered_set<std::string_view>& words);
  void add_words(const std::unordered_set<std::string_view>& words);

  void add_called_functions(const std::unordered_set<std::string_view>& words);

  void keep(type_id type);
  void keep_function(type_id function);
  void follow_needs();
  void follow_record(need wanted);

  std::vector<type_id> find_named(std::string_view name, std::string_view keyword) const;
  bool keep_path(type_id record, const std::vector<std::string_view>& path);
  std::vector<member_position> find_member(type_id record, std::string_view name) const;
  type_id record_behind(type_id type) const;
  bool is_defined_by_program(type_id type, const std::unordered_set<std::string_view>& words) const;
  std::vector<std::string_view> type_names();
  void report_unknown(const std::string& problem) { problems_.push_back(problem); }

  const type_graph& graph_;
  std::string_view source_;
  std::optional<name_lookup> names_;  // all requested names
  type_selection selection_;
  std::vector<std::uint8_t> visited_;
  std::vector<need> needs_;
  std::vector<type_id> kept_records_;  // records whose members add_words() has yet to search
  std::vector<bool> is_kept_ = std::vector<bool>(graph_.type_count());
  std::vector<std::string> problems_;
};

bool is_selectable(type_kind kind) {
  switch (kind) {
    case type_kind::integer:
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
    case type_kind::forward:
    case type_kind::type_definition:
    case type_kind::floating_point:
      return true;
    default:
      return false;
  }
}

// Splits "struct foo" into keyword and name. Without a keyword, the first part is empty.
std::pair<std::string_view, std::string_view> split_keyword(std::string_view request) {
  for (const std::string_view keyword : {"struct", "union", "enum", "typedef"}) {
    if (request.starts_with(keyword) && request.substr(keyword.size()).starts_with(' ')) {
      const auto name = request.substr(keyword.size());
      return {keyword, name.substr(std::min(name.find_first_not_of(' '), name.size()))};
    }
  }
  return {{}, request};
}

// Every name that the selection looks up.
std::vector<std::string_view> names_in(const type_request& request) {
  std::vector<std::string_view> names(basic_words.begin(), basic_words.end());
  names.insert(names.end(), request.identifiers.begin(), request.identifiers.end());
  for (const auto& type : request.types) {
    const auto name = split_keyword(type).second;
    names.push_back(name.substr(0, name.find('.')));
  }
  return names;
}

type_selection selector::run(const type_request& request) {
  if (request.whole) {
    add_whole();
    selection_.kernel_functions = find_kernel_functions(graph_);
    std::erase_if(selection_.kernel_functions,
                  [&](type_id function) { return !graph_.has_c_names(function); });
    return std::move(selection_);
  }
  names_.emplace(graph_, names_in(request));
  for (const auto& type : request.types) {
    if (type.find('.') != std::string::npos)
      add_path(type);
    else
      add_type(type);
  }
  if (!problems_.empty())
    throw failure(fmt::format("{}", fmt::join(problems_, "\n")),
                  "Check the spelling; a type that is missing may be a #define, be in a kernel "
                  "module's BTF, or be absent from this kernel's configuration.");
  kept_records_.clear();
  add_words({basic_words.begin(), basic_words.end()});
  if (!request.identifiers.empty()) {
    // Search the members of the requested records, too.
    for (const auto root : selection_.roots) {
      if (graph_.is_record(graph_.skip_wrappers(root)))
        kept_records_.push_back(graph_.skip_wrappers(root));
    }
    const std::unordered_set<std::string_view> words(request.identifiers.begin(),
                                                     request.identifiers.end());
    add_words(words);
    add_called_functions(words);
    for (const auto word : words) {
      if (word.starts_with("struct ") || word.starts_with("union "))
        selection_.program_records.emplace_back(word);
    }
    std::ranges::sort(selection_.program_records);
  }
  follow_needs();
  std::sort(selection_.roots.begin(), selection_.roots.end());
  std::sort(selection_.kernel_functions.begin(), selection_.kernel_functions.end());
  return std::move(selection_);
}

void selector::add_whole() {
  graph_.check_all();
  std::fill(selection_.extents.begin(), selection_.extents.end(), record_extent::complete);
  for (type_id type = 1; type < graph_.type_count(); ++type) {
    switch (graph_.kind(type)) {
      case type_kind::function:
      case type_kind::variable:
      case type_kind::data_section:
      case type_kind::declaration_tag:
        break;
      default:
        if (graph_.has_c_names(type)) {
          selection_.roots.push_back(type);
        } else {
          selection_.extents[type] = record_extent::declared;
          selection_.left_out.push_back(type);
        }
    }
  }
}

// Adds the type to the selection, complete if it is a record. Remembers records for add_words().
void selector::keep(type_id type) {
  if (is_kept_[type])
    return;
  graph_.check(type);
  is_kept_[type] = true;
  selection_.roots.push_back(type);
  needs_.push_back({type, true});
  const auto bare = graph_.skip_wrappers(type);
  if (graph_.is_record(bare))
    kept_records_.push_back(bare);
}

// Adds the kernel function and its prototype. A call needs the complete types of all values that it
// passes.
void selector::keep_function(type_id function) {
  if (is_kept_[function])
    return;
  is_kept_[function] = true;
  selection_.kernel_functions.push_back(function);
  const auto prototype = graph_.target(function);
  graph_.check(prototype);
  selection_.roots.push_back(prototype);
  needs_.push_back({graph_.target(prototype), true});
  for (const auto& parameter : graph_.parameters(prototype))
    needs_.push_back({parameter.type, true});
}

std::vector<type_id> selector::find_named(std::string_view name, std::string_view keyword) const {
  auto types = names_->types(name);
  std::erase_if(types, [&](type_id type) {
    const auto kind = graph_.kind(type);
    if (!is_selectable(kind))
      return true;
    if (kind == type_kind::forward)
      return !keyword.empty() && keyword != (graph_.is_forward_union(type) ? "union" : "struct");
    return !keyword.empty() && keyword != kind_name(kind);
  });
  return types;
}

void selector::add_type(const std::string& request) {
  const auto [keyword, name] = split_keyword(request);
  auto types = find_named(name, keyword);
  if (types.empty() && (keyword.empty() || keyword == "enum"))
    types = names_->enumerations_with(name);
  if (types.empty() && keyword.empty()) {
    for (const auto function : find_kernel_functions(graph_)) {
      if (graph_.name(function) == name)
        return keep_function(function);
    }
  }
  if (types.empty())
    report_unknown(fmt::format("no type '{}' in '{}'{}", request, source_,
                               nearest_names_hint(name, type_names())));
  for (const auto type : types)
    keep(type);
}

void selector::add_path(const std::string& request) {
  auto [keyword, rest] = split_keyword(request);
  std::vector<std::string_view> path;
  while (!rest.empty()) {
    const auto dot = std::min(rest.find('.'), rest.size());
    path.push_back(rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  if (path.size() < 2 || request.back() == '.' ||
      !std::all_of(path.begin(), path.end(), is_c_identifier))
    return report_unknown(fmt::format("'{}' is not a path such as task_struct.tgid", request));

  const auto name = path.front();
  path.erase(path.begin());
  auto types = find_named(name, keyword);
  std::erase_if(types, [&](type_id type) {
    graph_.check(type);
    return !graph_.is_record(graph_.skip_wrappers(type));
  });
  if (types.empty())
    return report_unknown(fmt::format("no struct or union '{}' in '{}'{}", name, source_,
                                      nearest_names_hint(name, type_names())));

  // Several types may have the name. Take those that have the members.
  bool found = false;
  for (const auto type : types) {
    if (!keep_path(graph_.skip_wrappers(type), path))
      continue;
    selection_.roots.push_back(type);
    found = true;
  }
  if (found)
    return;

  // Find the first step that fails, for the message.
  auto record = graph_.skip_wrappers(types.front());
  std::string so_far(name);
  for (const auto step : path) {
    const auto positions = record == 0 ? std::vector<member_position>{} : find_member(record, step);
    if (positions.empty()) {
      std::vector<std::string_view> members;
      if (record != 0) {
        for (const auto& field : graph_.members(record))
          members.push_back(field.name);
      }
      return report_unknown(
          record == 0 ? fmt::format("'{}' has no members (asked for: '{}')", so_far, request)
                      : fmt::format("no member '{}' in '{}' of '{}'{}", step, so_far, source_,
                                    nearest_names_hint(step, members)));
    }
    so_far += fmt::format(".{}", step);
    record = record_behind(graph_.member(positions.back().record, positions.back().index).type);
  }
}

// Marks the members along `path`. If one does not exist, returns false and marks nothing.
bool selector::keep_path(type_id record, const std::vector<std::string_view>& path) {
  std::vector<member_position> steps;
  for (const auto name : path) {
    if (record == 0)
      return false;
    const auto positions = find_member(record, name);
    if (positions.empty())
      return false;
    steps.insert(steps.end(), positions.begin(), positions.end());
    record = record_behind(graph_.member(steps.back().record, steps.back().index).type);
  }
  for (const auto& step : steps) {
    selection_.members[step.record].push_back(step.index);
    selection_.extents[step.record] = record_extent::members;
  }
  // Each member but the last leads to a record that gets members of its own. Only the last member
  // needs its type by value.
  needs_.push_back({graph_.member(steps.back().record, steps.back().index).type, true});
  return true;
}

// The position of member `name` in the record, after the positions of the anonymous members that
// contain it. Empty when there is no such member.
std::vector<member_position> selector::find_member(type_id record, std::string_view name) const {
  graph_.check(record);
  std::uint32_t index = 0;
  for (const auto& field : graph_.members(record)) {
    if (field.name == name)
      return {{record, index}};
    if (field.name.empty()) {
      const auto inner = graph_.skip_qualifiers(field.type);
      auto positions =
          graph_.is_record(inner) ? find_member(inner, name) : std::vector<member_position>{};
      if (!positions.empty()) {
        positions.insert(positions.begin(), {record, index});
        return positions;
      }
    }
    ++index;
  }
  return {};
}

// The record that the type is, points to, or is an array of; 0 if there is none.
type_id selector::record_behind(type_id type) const {
  for (;;) {
    type = graph_.skip_wrappers(type);
    switch (graph_.kind(type)) {
      case type_kind::pointer:
        type = graph_.target(type);
        break;
      case type_kind::array:
        type = graph_.array(type).element;
        break;
      case type_kind::structure:
      case type_kind::union_type:
        return type;
      default:
        return 0;
    }
  }
}

// The names of all types and enumerators, for hints about spelling.
std::vector<std::string_view> selector::type_names() {
  graph_.check_all();
  std::vector<std::string_view> names;
  for (type_id type = 1; type < graph_.type_count(); ++type) {
    if (is_selectable(graph_.kind(type)) && !graph_.name(type).empty())
      names.push_back(graph_.name(type));
    if (!graph_.is_enumeration(type))
      continue;
    for (const auto& constant : graph_.enumerators(type))
      names.push_back(constant.name);
  }
  return names;
}

// See `type_request::identifiers`.
void selector::add_words(const std::unordered_set<std::string_view>& words) {
  for (const auto word : words) {
    for (const auto type : find_named(word, {})) {
      if (!is_defined_by_program(type, words))
        keep(type);
    }
    const auto enumerations = names_->enumerations_with(word);
    if (enumerations.empty() || words.contains(fmt::format("own {}", word)))
      continue;
    for (const auto type : enumerations) {
      if (!is_defined_by_program(type, words))
        keep(type);
    }
  }
  while (!kept_records_.empty()) {
    const auto record = kept_records_.back();
    kept_records_.pop_back();
    add_record_members(record, words);
  }
}

void selector::add_called_functions(const std::unordered_set<std::string_view>& words) {
  for (const auto function : find_kernel_functions(graph_)) {
    const auto name = graph_.name(function);
    if (words.contains(name) && !words.contains(fmt::format("declared {}", name)))
      keep_function(function);
  }
}

void selector::add_record_members(type_id record,
                                  const std::unordered_set<std::string_view>& words) {
  for (const auto& field : graph_.members(record)) {
    if (!field.name.empty() && !words.contains(field.name))
      continue;
    const auto next = record_behind(field.type);
    if (next != 0 && !is_defined_by_program(next, words))
      keep(next);
  }
}

bool selector::is_defined_by_program(type_id type,
                                     const std::unordered_set<std::string_view>& words) const {
  const auto kind = graph_.kind(type);
  const auto defines = [&](std::string_view keyword) {
    return words.contains(fmt::format("{} {}", keyword, graph_.name(type)));
  };
  if (graph_.name(type).empty())
    return false;
  if (kind == type_kind::type_definition)
    return defines("typedef");
  if (!graph_.is_enumeration(type) && !graph_.is_record(type) && kind != type_kind::forward)
    return false;
  // C has one name space for all tags.
  return defines("struct") || defines("union") || defines("enum");
}

// Makes all records complete that the kept types hold by value.
void selector::follow_needs() {
  while (!needs_.empty()) {
    const auto wanted = needs_.back();
    needs_.pop_back();
    const auto mark = wanted.by_value ? visited_by_value : visited_behind_pointer;
    if (visited_[wanted.type] >= mark)
      continue;
    visited_[wanted.type] = mark;
    switch (graph_.kind(wanted.type)) {
      case type_kind::pointer:
        needs_.push_back({graph_.target(wanted.type), false});
        break;
      case type_kind::array:
        needs_.push_back({graph_.array(wanted.type).element, true});
        break;
      case type_kind::function_prototype:
        needs_.push_back({graph_.target(wanted.type), false});
        for (const auto& parameter : graph_.parameters(wanted.type))
          needs_.push_back({parameter.type, false});
        break;
      case type_kind::structure:
      case type_kind::union_type:
        follow_record(wanted);
        break;
      default:
        if (graph_.is_wrapper(wanted.type))
          needs_.push_back({graph_.target(wanted.type), wanted.by_value});
    }
  }
}

void selector::follow_record(need wanted) {
  auto& extent = selection_.extents[wanted.type];
  // C cannot declare an anonymous record without its members.
  const bool can_be_incomplete =
      !graph_.name(wanted.type).empty() || extent == record_extent::members;
  if (!wanted.by_value && can_be_incomplete)
    return;
  extent = record_extent::complete;
  for (const auto& field : graph_.members(wanted.type))
    needs_.push_back({field.type, true});
}

}  // namespace

type_selection select_types(const type_graph& graph, const type_request& request,
                            std::string_view source) {
  auto selection = selector(graph, source).run(request);
  for (auto& [record, members] : selection.members) {
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
  }
  return selection;
}

}  // namespace ebpfkit::host
