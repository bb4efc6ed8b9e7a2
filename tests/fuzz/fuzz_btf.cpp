// A libFuzzer target. Any bytes must give a failure or a graph. Every accessor of the graph and all
// C output must work. The header of some names must be the same whether the reader checks all types
// or only those that the header uses.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace {

using ebpfkit::host::type_graph;
using ebpfkit::host::type_kind;

void look_at_items(const type_graph& graph, ebpfkit::host::type_id type, std::size_t& length) {
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

// Makes requests that use every way to select types: by name, by words and by path.
ebpfkit::host::type_request request_for(const type_graph& graph, bool by_path) {
  ebpfkit::host::type_request request;
  for (ebpfkit::host::type_id type = 1; type < graph.type_count() && request.types.size() < 8;
       ++type) {
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
  for (ebpfkit::host::type_id type = 0; type < graph.type_count(); ++type) {
    length += graph.describe(type).size() + graph.alignment_of(type);
    length += graph.find(graph.name(type)).size();
    look_at_items(graph, type, length);
  }
  ebpfkit::host::type_request whole;
  whole.whole = true;
  for (const auto& request : {whole, request_for(graph, false), request_for(graph, true)}) {
    try {
      length += write_c_header(graph, select_types(graph, request, "fuzz"), {}).size();
    } catch (const ebpfkit::host::failure&) {
    }
  }
  [[maybe_unused]] static volatile std::size_t sink;
  sink = length;
}

// Returns words of the strings, which are the last part of BTF. They do not come from a graph, so
// that the fuzzer also asks for names in BTF that the reader refuses.
std::vector<std::string> words_of(std::span<const std::uint8_t> bytes) {
  std::vector<std::string> words;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!text.empty() && words.size() < 12) {
    const auto begin = text.rfind('\0') + 1;  // 0 where there is none
    const auto word = text.substr(begin);
    if (ebpfkit::host::is_c_identifier(word) && word.size() < 64)
      words.emplace_back(word);
    text = text.substr(0, begin == 0 ? 0 : begin - 1);
  }
  return words;
}

// Returns the header, or the reason why there is none. Returns nothing when the reader refuses the
// BTF.
std::optional<std::string> header_of(std::span<const std::uint8_t> bytes,
                                     const ebpfkit::host::type_request& request,
                                     ebpfkit::host::type_checks when) {
  std::unique_ptr<type_graph> graph;
  try {
    graph = std::make_unique<type_graph>(std::vector<std::uint8_t>(bytes.begin(), bytes.end()),
                                         nullptr, when);
  } catch (const ebpfkit::host::failure&) {
    return std::nullopt;
  }
  try {
    return write_c_header(*graph, select_types(*graph, request, "fuzz"), {});
  } catch (const ebpfkit::host::unsound_btf&) {
    return std::nullopt;
  } catch (const ebpfkit::host::failure& error) {
    return std::string("failure: ") + error.what();
  }
}

// If complete checks accept the BTF, checks on use must give the same header, and so must checks of
// names on use. If complete checks refuse it, the used part may still be sound; otherwise the
// others must refuse it too.
void compare_checks(std::span<const std::uint8_t> bytes) {
  const auto words = words_of(bytes);
  std::vector<ebpfkit::host::type_request> requests;
  for (const auto& word : words)
    requests.emplace_back().types = {word};
  if (words.size() > 1) {
    requests.emplace_back().types = {words.front() + "." + words.back()};
    requests.emplace_back().types = {words.back() + "." + words.front()};
  }
  requests.emplace_back().identifiers = words;
  for (const auto& request : requests) {
    const auto used = header_of(bytes, request, ebpfkit::host::type_checks::on_use);
    const auto named = header_of(bytes, request, ebpfkit::host::type_checks::names_on_use);
    const auto all = header_of(bytes, request, ebpfkit::host::type_checks::at_once);
    if (all && (used != all || named != all)) {
      fmt::print(stderr, "checked at once:\n{}\nchecked on use:\n{}\nnames on use:\n{}\n", *all,
                 used.value_or("refused"), named.value_or("refused"));
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  try {
    const auto graph = std::make_shared<const type_graph>(bytes);
    use(*graph);
    // Do the same with split BTF on top of itself.
    use(type_graph(bytes, graph));
  } catch (const ebpfkit::host::failure&) {
  }
  try {
    use(type_graph(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), nullptr,
                   ebpfkit::host::type_checks::names_on_use));
  } catch (const ebpfkit::host::failure&) {
  }
  compare_checks(bytes);
  return 0;
}
