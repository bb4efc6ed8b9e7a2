#include "inspect/globals.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "inspect/typed_value.hpp"
#include "inspect/value_parser.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace {

// Stores a number of this width at once, so that no program reads a half of it.
template <class Number>
void store(std::uint8_t* place, const std::vector<std::uint8_t>& bytes) {
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  __atomic_store_n(reinterpret_cast<Number*>(place), number, __ATOMIC_RELEASE);
}

void store_bytes(std::uint8_t* place, const std::vector<std::uint8_t>& bytes) {
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(place) % bytes.size() == 0;
  if (bytes.size() == 8 && is_aligned)
    store<std::uint64_t>(place, bytes);
  else if (bytes.size() == 4 && is_aligned)
    store<std::uint32_t>(place, bytes);
  else if (bytes.size() == 2 && is_aligned)
    store<std::uint16_t>(place, bytes);
  else
    std::memcpy(place, bytes.data(), bytes.size());
}

}  // namespace

bool variables_map::is_read_only() const {
  return map.is_frozen || (map.flags & BPF_F_RDONLY_PROG) != 0;
}

std::vector<variables_map> read_variables_maps(const std::vector<std::uint32_t>& map_ids) {
  std::vector<variables_map> found;
  for (const auto id : map_ids) {
    const file_descriptor fd(bpf_map_get_fd_by_id(id));
    const auto map = fd.get() < 0 ? std::nullopt : read_map(fd.get());
    if (!map || map->btf_id == 0 || map->value_type == 0 ||
        map->type_number != BPF_MAP_TYPE_ARRAY || map->max_entries != 1)
      continue;
    auto types = std::make_shared<const type_graph>(read_kernel_btf(map->btf_id), nullptr,
                                                    type_checks::names_on_use);
    if (!types->contains(map->value_type) ||
        types->kind(map->value_type) != type_kind::data_section)
      continue;
    variables_map section{*map, std::string(types->name(map->value_type)), types,
                          std::vector<std::uint8_t>(map->value_size)};
    const std::uint32_t key = 0;
    if (bpf_map_lookup_elem(fd.get(), &key, section.bytes.data()) != 0)
      throw failure(fmt::format("cannot read map '{}': {}", map->name, std::strerror(errno)));
    found.push_back(std::move(section));
  }
  return found;
}

std::vector<global_variable> variables_of(const variables_map& map) {
  std::vector<global_variable> found;
  for (const auto entry : map.types->section_entries(map.map.value_type)) {
    if (map.types->kind(entry.variable) != type_kind::variable || entry.size == 0 ||
        std::uint64_t{entry.offset} + entry.size > map.bytes.size())
      continue;
    found.push_back({std::string(map.types->name(entry.variable)),
                     map.types->target(entry.variable), entry.offset, entry.size});
  }
  return found;
}

nlohmann::ordered_json variable_value(const variables_map& map, const global_variable& variable) {
  return typed_value(*map.types, variable.type,
                     std::span(map.bytes).subspan(variable.offset, variable.size));
}

std::vector<std::uint8_t> parse_value(const type_graph& types, const global_variable& variable,
                                      const std::string& text,
                                      std::span<const std::uint8_t> before) {
  return parse_typed_value(types, variable.type, text, before,
                           fmt::format("the variable '{}'", variable.name));
}

void write_variable(const variables_map& map, const global_variable& variable,
                    const std::vector<std::uint8_t>& bytes) {
  if (map.is_read_only())
    throw failure(fmt::format("the variable '{}' is in {}, which nobody can change any more",
                              variable.name, map.section),
                  "The kernel froze it before it loaded the program: the verifier relied on its "
                  "values. Set it in the application, between open and load.");
  if ((map.map.flags & BPF_F_MMAPABLE) == 0)
    throw failure(
        fmt::format("the kernel cannot map the section {} of map '{}'", map.section, map.map.name),
        "It was loaded by a libbpf before 0.0.6, or on Linux before 5.5. Load it with a "
        "newer one.");
  const auto fd = open_map(map.map.id);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto size = (map.bytes.size() + page - 1) / page * page;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED)
    throw failure(fmt::format("cannot map the section {} of map '{}': {}", map.section,
                              map.map.name, std::strerror(errno)));
  store_bytes(static_cast<std::uint8_t*>(memory) + variable.offset, bytes);
  ::munmap(memory, size);
}

}  // namespace ebpfkit::host
