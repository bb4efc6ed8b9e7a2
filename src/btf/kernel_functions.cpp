#include "btf/kernel_functions.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "support/text.hpp"

namespace ebpfkit::host {

std::vector<type_id> find_kernel_functions(const type_graph& graph) {
  constexpr std::string_view kernel_function_tag = "bpf_kfunc";
  std::vector<type_id> functions;
  std::unordered_set<std::string_view> names;
  for (type_id tag = 1; tag < graph.type_count(); ++tag) {
    if (graph.kind(tag) != type_kind::declaration_tag || graph.tagged_component(tag) != -1 ||
        graph.name(tag) != kernel_function_tag)
      continue;
    const auto function = graph.target(tag);
    if (graph.kind(function) != type_kind::function ||
        graph.kind(graph.target(function)) != type_kind::function_prototype)
      continue;
    const auto name = bounded_btf_name(graph.name_data(function), longest_btf_identifier);
    if (name.size() <= longest_btf_identifier && is_c_identifier(name) &&
        !name.starts_with("bpf_arena_") && names.insert(name).second)
      functions.push_back(function);
  }
  std::sort(functions.begin(), functions.end());
  return functions;
}

}  // namespace ebpfkit::host
