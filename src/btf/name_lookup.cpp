#include "btf/name_lookup.hpp"

#include <cstdint>
#include <string>

namespace ebpfkit::host {

namespace {

// Of the first eight bytes of a text that ends with a NUL.
std::uint32_t prefix_hash(const char* name) {
  std::uint64_t prefix = 0;
  for (unsigned i = 0; i < 8 && name[i] != '\0'; ++i)
    prefix |= std::uint64_t{static_cast<unsigned char>(name[i])} << (8 * i);
  return static_cast<std::uint32_t>((prefix * 0x9e3779b97f4a7c15U) >> 52);
}

}  // namespace

name_lookup::name_lookup(const type_graph& graph, const std::vector<std::string_view>& names) {
  for (const auto name : names) {
    if (name.empty() || name.find('\0') != std::string_view::npos)
      continue;
    found_.try_emplace(name);
    add_prefix(name);
  }
  for (type_id type = 1; type < graph.type_count(); ++type) {
    const auto kind = graph.kind(type);
    if (!is_type(kind))
      continue;
    if (auto* of_type = wanted(graph.name_data(type)))
      of_type->types.push_back(type);
    if (kind != type_kind::enumeration && kind != type_kind::enumeration64)
      continue;
    const auto count = graph.enumerators(type).size();
    for (std::uint32_t i = 0; i < count; ++i) {
      auto* of_constant = wanted(graph.enumerator_name_data(type, i));
      if (of_constant != nullptr &&
          (of_constant->enumerations.empty() || of_constant->enumerations.back() != type))
        of_constant->enumerations.push_back(type);
    }
  }
}

void name_lookup::add_prefix(std::string_view name) {
  const auto hash = prefix_hash(std::string(name.substr(0, 8)).c_str());
  prefixes_[hash / 64] |= std::uint64_t{1} << hash % 64;
}

inline bool name_lookup::may_be_wanted(const char* name) const {
  const auto hash = prefix_hash(name);
  return (prefixes_[hash / 64] >> hash % 64 & 1) != 0;
}

inline name_lookup::found* name_lookup::wanted(const char* name) {
  if (*name == '\0' || !may_be_wanted(name))
    return nullptr;
  const auto entry = found_.find(bounded_btf_name(name));
  return entry == found_.end() ? nullptr : &entry->second;
}

const std::vector<type_id>& name_lookup::types(std::string_view name) const {
  static const std::vector<type_id> none;
  const auto entry = found_.find(name);
  return entry == found_.end() ? none : entry->second.types;
}

const std::vector<type_id>& name_lookup::enumerations_with(std::string_view name) const {
  static const std::vector<type_id> none;
  const auto entry = found_.find(name);
  return entry == found_.end() ? none : entry->second.enumerations;
}

}  // namespace ebpfkit::host
