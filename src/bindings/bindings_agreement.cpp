#include "bindings/bindings_agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <string_view>

#include "bindings/selection.hpp"
#include "btf/btf_diff.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t differences_shown = 5;  // for each type

// "struct task_struct.real_parent.tgid" has the type "struct task_struct" and the members
// "real_parent" and "tgid".
struct split_request {
  std::string type;
  std::set<std::string, std::less<>> members;
};

split_request split(std::string_view request) {
  split_request parts;
  auto dot = request.find('.');
  parts.type = request.substr(0, dot);
  while (dot != std::string_view::npos) {
    request.remove_prefix(dot + 1);
    dot = request.find('.');
    parts.members.emplace(request.substr(0, dot));
  }
  return parts;
}

std::string_view name_of(std::string_view type) {
  const auto space = type.rfind(' ');
  return space == std::string_view::npos ? type : type.substr(space + 1);
}

bool is_definition(const type_graph& graph, type_id type) {
  return graph.is_record(type) || graph.is_enumeration(type) ||
         graph.kind(type) == type_kind::type_definition;
}

bool has_definition(const type_graph& graph, std::string_view type) {
  return std::ranges::any_of(graph.find(name_of(type)),
                             [&](type_id each) { return is_definition(graph, each); });
}

bool has_enumerator(const type_graph& graph, std::string_view name) {
  for (type_id type = 1; type < graph.type_count(); ++type) {
    if (!graph.is_enumeration(type))
      continue;
    for (const auto& constant : graph.enumerators(type)) {
      if (constant.name == name)
        return true;
    }
  }
  return false;
}

std::string text_of(const btf_difference& each) {
  const auto item = each.item.empty() ? std::string() : fmt::format(" '{}'", each.item);
  if (each.before.empty() && each.after.empty())
    return fmt::format("{}{}", change_name(each.change), item);
  return fmt::format("{}{}: '{}', '{}'", change_name(each.change), item, each.before, each.after);
}

// Adds the differences of one requested type to `problems`.
void compare(const named_types& first, const named_types& other, const split_request& request,
             std::string& problems) {
  diff_options options;
  options.names = {request.type};
  auto differences = compare_btf(*first.graph, *other.graph, options);
  if (!request.members.empty())
    std::erase_if(differences, [&](const btf_difference& each) {
      const bool counts = each.change == btf_change::member_removed ||
                          each.change == btf_change::member_added ||
                          each.change == btf_change::member_retyped;
      return !counts || !request.members.contains(each.item);
    });
  if (differences.empty())
    return;
  problems += fmt::format("\n  '{}' differs between '{}' and '{}':", request.type, first.source,
                          other.source);
  for (std::size_t i = 0; i < std::min(differences.size(), differences_shown); ++i)
    problems += fmt::format("\n    {}", text_of(differences[i]));
  if (differences.size() > differences_shown)
    problems += fmt::format("\n    and {} more", differences.size() - differences_shown);
}

}  // namespace

bool has_requested(const type_graph& graph, const std::string& request) {
  const auto type = split(request).type;
  return !graph.find(name_of(type)).empty() || has_enumerator(graph, type);
}

void check_agreement(std::span<const named_types> inputs,
                     const std::vector<std::string>& requests) {
  std::string problems;
  for (const auto& text : requests) {
    const auto request = split(text);
    const named_types* first = nullptr;
    for (const auto& input : inputs) {
      if (!has_definition(*input.graph, request.type))
        continue;
      if (first == nullptr)
        first = &input;
      else
        compare(*first, input, request, problems);
    }
  }
  if (!problems.empty())
    throw failure(fmt::format("requested types are not the same in all BTFs:{}", problems),
                  "Ask for members that are the same in all BTFs (FIELDS type.member), or make "
                  "separate bindings for each BTF.");
}

}  // namespace ebpfkit::host
