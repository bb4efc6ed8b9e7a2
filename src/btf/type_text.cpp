#include "btf/type_text.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ebpfkit::host {

namespace {

constexpr int deepest = 16;
constexpr std::uint32_t most_parameters = 16;

std::string declare(const type_graph& graph, type_id type, std::string declarator, int depth);

std::string parameters_text(const type_graph& graph, type_id prototype, int depth) {
  std::string text;
  const auto parameters = graph.parameters(prototype);
  for (std::uint32_t i = 0; i < parameters.size(); ++i) {
    const auto parameter = parameters[i];
    text += i == 0 ? "" : ", ";
    if (i == most_parameters)
      return text + "...";
    const bool is_ellipsis = parameter.type == 0 && parameter.name.empty() && i > 0;
    text += is_ellipsis ? "..." : declare(graph, parameter.type, {}, depth);
  }
  return text.empty() ? "void" : text;
}

// Returns the words before a declarator, for kinds that C does not write around it.
std::string base_text(const type_graph& graph, type_id type) {
  const auto name = graph.name(type);
  switch (graph.kind(type)) {
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
      return fmt::format("{} {}", kind_name(graph.kind(type)), name.empty() ? "{...}" : name);
    case type_kind::forward:
      return fmt::format("{} {}", graph.is_forward_union(type) ? "union" : "struct", name);
    case type_kind::void_type:
      return "void";
    default:
      return std::string(name);
  }
}

std::string join(std::string_view words, std::string_view declarator) {
  const bool needs_space = !declarator.empty();
  return fmt::format("{}{}{}", words, needs_space ? " " : "", declarator);
}

// A pointer's declarator needs parentheses when something follows it.
std::string bind(std::string declarator) {
  return declarator.starts_with('*') ? fmt::format("({})", declarator) : std::move(declarator);
}

std::string_view qualifier(type_kind kind) {
  switch (kind) {
    case type_kind::volatile_qualifier:
      return "volatile";
    case type_kind::const_qualifier:
      return "const";
    case type_kind::restrict_qualifier:
      return "restrict";
    default:
      return "";
  }
}

// C writes types inside out: `declarator` is the text so far, from the name outwards.
std::string declare(const type_graph& graph, type_id type, std::string declarator, int depth) {
  if (depth > deepest)
    return join("...", declarator);
  switch (graph.kind(type)) {
    case type_kind::pointer:
      return declare(graph, graph.target(type), "*" + declarator, depth + 1);
    case type_kind::array: {
      const auto shape = graph.array(type);
      return declare(graph, shape.element, fmt::format("{}[{}]", bind(declarator), shape.count),
                     depth + 1);
    }
    case type_kind::function:
      return declare(graph, graph.target(type), std::move(declarator), depth + 1);
    case type_kind::function_prototype:
      return declare(
          graph, graph.target(type),
          fmt::format("{}({})", bind(declarator), parameters_text(graph, type, depth + 1)),
          depth + 1);
    case type_kind::type_tag:
      return declare(graph, graph.target(type), std::move(declarator), depth + 1);
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier: {
      // C writes the qualifier of a pointer behind the star, and every other qualifier before the
      // type.
      const auto word = qualifier(graph.kind(type));
      const auto target = graph.target(type);
      if (graph.kind(graph.skip_qualifiers(target)) == type_kind::pointer)
        return declare(graph, target, join(word, declarator), depth + 1);
      return fmt::format("{} {}", word, declare(graph, target, std::move(declarator), depth + 1));
    }
    default:
      return join(base_text(graph, type), declarator);
  }
}

}  // namespace

std::string type_text(const type_graph& graph, type_id type) {
  return declare(graph, type, {}, 0);
}

}  // namespace ebpfkit::host
