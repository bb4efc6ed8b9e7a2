#include "inspect/record_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>

#include "inspect/loaded_objects.hpp"
#include "inspect/typed_value.hpp"
#include "object/bpf_object_file.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

std::shared_ptr<const type_graph> checked_graph(std::vector<std::uint8_t> bytes) {
  return std::make_shared<const type_graph>(std::move(bytes), nullptr, type_checks::names_on_use);
}

bool uses_map(const loaded_program& program, std::uint32_t map_id) {
  return std::find(program.map_ids.begin(), program.map_ids.end(), map_id) != program.map_ids.end();
}

// The structs that programs get as their context (xdp_md, ...): no program sends one.
std::set<std::string> context_names(const type_graph& types) {
  std::set<std::string> names;
  for (type_id type = types.first_own_type(); type < types.type_count(); ++type) {
    if (types.kind(type) != type_kind::function || types.linkage(type) != symbol_linkage::global)
      continue;
    for (const auto parameter : types.parameters(types.target(type))) {
      const auto pointer = types.skip_wrappers(parameter.type);
      if (types.kind(pointer) == type_kind::pointer)
        names.emplace(types.name(types.skip_wrappers(types.target(pointer))));
    }
  }
  return names;
}

}  // namespace

record_types::record_types(const std::vector<std::filesystem::path>& objects, std::uint32_t map_id,
                           std::string name) {
  for (const auto& path : objects) {
    const bpf_object_file object(path);
    const auto bytes = object.types().bytes();
    graphs_.push_back(checked_graph({bytes.begin(), bytes.end()}));
  }
  for (const auto& program : loaded_programs())
    if (objects.empty() && program.btf_id != 0 && uses_map(program, map_id))
      graphs_.push_back(checked_graph(read_kernel_btf(program.btf_id)));
  if (name.empty())
    return;
  for (const auto& prefix : {"struct ", "union "})
    if (name.starts_with(prefix))
      name.erase(0, std::string(prefix).size());
  for (const auto& graph : graphs_)
    for (const auto type : graph->find_types(name))
      if (named_.type == 0 && graph->size_of(type) != 0)
        named_ = {graph.get(), type, name};
  if (named_.type == 0)
    throw failure(fmt::format("TYPE '{}': no BTF of the project or of the programs that use the "
                              "buffer has such a type",
                              name),
                  "clang writes only types that something uses. Add to the BPF source: const "
                  "struct my_event* unused_event;");
}

bool record_types::is_kernel_type(const found_type& found) {
  constexpr const char* kernel_btf = "/sys/kernel/btf/vmlinux";
  std::error_code error;
  if (kernel_ == nullptr && std::filesystem::exists(kernel_btf, error))
    kernel_ = checked_graph(read_file(kernel_btf));
  return kernel_ != nullptr && kernel_->find(found.name, type_kind::structure).has_value();
}

const std::vector<record_types::found_type>& record_types::of_size(std::size_t size) {
  const auto known = by_size_.find(size);
  if (known != by_size_.end())
    return known->second;
  auto& found = by_size_[size];
  for (const auto& graph : graphs_)
    for (type_id type = graph->first_own_type(); type < graph->type_count(); ++type) {
      const std::string name(graph->kind(type) == type_kind::structure ? graph->name(type) : "");
      if (!name.empty() && graph->size_of(type) == size &&
          std::none_of(found.begin(), found.end(),
                       [&](const auto& other) { return other.name == name; }))
        found.push_back({graph.get(), type, name});
    }
  const auto leave_out = [&](const auto& is_other) {
    if (found.size() > 1 && !std::all_of(found.begin(), found.end(), is_other))
      std::erase_if(found, is_other);
  };
  for (const auto& graph : graphs_) {
    const auto contexts = context_names(*graph);
    leave_out([&](const found_type& one) { return contexts.contains(one.name); });
  }
  leave_out([&](const found_type& one) { return is_kernel_type(one); });
  return found;
}

std::vector<std::string> record_types::candidates(std::size_t size) {
  std::vector<std::string> names;
  if (named_.type == 0 && of_size(size).size() > 1)
    for (const auto& found : of_size(size))
      names.push_back(found.name);
  return names;
}

record_types::decoded record_types::decode(std::span<const std::uint8_t> bytes) {
  auto chosen = named_;
  if (chosen.type == 0 && of_size(bytes.size()).size() == 1)
    chosen = of_size(bytes.size()).front();
  // A record that is too short for its type is shown as bytes.
  if (chosen.type == 0 || chosen.types->size_of(chosen.type) > bytes.size())
    return {{}, hexadecimal(bytes)};
  return {chosen.name, typed_value(*chosen.types, chosen.type, bytes)};
}

}  // namespace ebpfkit::host
