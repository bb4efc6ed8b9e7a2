// libFuzzer: any bytes give a failure or a graph of which every accessor and all C output work.
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "btf/c_header.hpp"
#include "btf/selection.hpp"
#include "btf/type_graph.hpp"
#include "support/failure.hpp"

namespace {

using ebpfkit::type_graph;
using ebpfkit::type_kind;

void look_at_items(const type_graph& graph, ebpfkit::type_id type, std::size_t& length) {
  switch (graph.kind(type)) {
    case type_kind::structure:
    case type_kind::union_type:
      for (const auto& field : graph.members(type))
        length += field.name.size() + graph.size_of(field.type);
      break;
    case type_kind::enumeration:
    case type_kind::enumeration64:
      for (const auto& constant : graph.enumerators(type))
        length += constant.name.size();
      break;
    case type_kind::function_prototype:
      for (const auto& parameter : graph.parameters(type))
        length += parameter.name.size();
      break;
    case type_kind::data_section:
      for (const auto& entry : graph.section_entries(type))
        length += graph.name(entry.variable).size();
      break;
    default:
      break;
  }
}

// Requests that reach every way to select: by name, by words and by path.
ebpfkit::type_request request_for(const type_graph& graph, bool by_path) {
  ebpfkit::type_request request;
  for (ebpfkit::type_id type = 1; type < graph.type_count() && request.types.size() < 8; ++type) {
    if (!graph.is_record(type) || graph.name(type).empty() || graph.members(type).empty())
      continue;
    const auto field = graph.member(type, graph.members(type).size() - 1).name;
    const std::string name(graph.name(type));
    if (by_path && !field.empty())
      request.types.push_back(name + "." + std::string(field));
    else if (!by_path && type % 2 != 0)
      request.types.push_back(name);
    request.identifiers.emplace_back(field);
  }
  if (by_path)
    request.identifiers.clear();
  return request;
}

void use(const type_graph& graph) {
  std::size_t length = 0;
  for (ebpfkit::type_id type = 0; type < graph.type_count(); ++type) {
    length += graph.describe(type).size() + graph.alignment_of(type);
    length += graph.find(graph.name(type)).size();
    look_at_items(graph, type, length);
  }
  ebpfkit::type_request whole;
  whole.whole = true;
  for (const auto& request : {whole, request_for(graph, false), request_for(graph, true)}) {
    try {
      length += write_c_header(graph, select_types(graph, request, "fuzz"), {}).size();
    } catch (const ebpfkit::failure&) {
    }
  }
  static volatile std::size_t sink;
  sink = length;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  try {
    const auto graph = std::make_shared<const type_graph>(bytes);
    use(*graph);
    // The same once more as split BTF on top of itself.
    use(type_graph(bytes, graph));
  } catch (const ebpfkit::failure&) {
  }
  return 0;
}
