#include "inspect/globals.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "btf/type_text.hpp"
#include "inspect/typed_value.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace {

// A number with the byte order of this machine, in `size` bytes.
std::vector<std::uint8_t> number_bytes(std::uint64_t number, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto place = std::endian::native == std::endian::little ? i : size - 1 - i;
    bytes[place] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return bytes;
}

[[noreturn]] void refuse_value(const type_graph& types, const global_variable& variable,
                               const std::string& text, const std::string& remedy) {
  throw failure(fmt::format("'{}' is no value for the variable '{}' ({})", text, variable.name,
                            type_text(types, variable.type)),
                remedy);
}

// The bits of a whole number that fits the type. No value: it is none, or out of range.
std::optional<std::uint64_t> whole_number(const std::string& text, std::size_t size,
                                          bool is_signed) {
  const auto bits = static_cast<unsigned>(size * 8);
  const bool is_negative = text.starts_with('-');
  const auto digits = is_negative ? text.substr(1) : text;
  // strtoull(3) would accept blanks and a second sign.
  if (digits.empty() || digits.front() < '0' || digits.front() > '9')
    return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const std::uint64_t magnitude = std::strtoull(digits.c_str(), &end, 0);
  if (errno != 0 || *end != '\0')
    return std::nullopt;
  const std::uint64_t most =
      is_signed ? (std::uint64_t{1} << (bits - 1)) - (is_negative ? 0 : 1)
                : (bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1);
  if (magnitude > most || (is_negative && !is_signed && magnitude != 0))
    return std::nullopt;
  return is_negative ? ~magnitude + 1 : magnitude;
}

std::string range_text(std::size_t size, bool is_signed) {
  const auto bits = static_cast<unsigned>(size * 8);
  const auto most = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  return is_signed ? fmt::format("Write a number from -{} to {}.", most / 2 + 1, most / 2)
                   : fmt::format("Write a number from 0 to {}.", most);
}

std::vector<std::uint8_t> parse_whole(const type_graph& types, const global_variable& variable,
                                      const std::string& text, bool is_signed) {
  const auto number = whole_number(text, variable.size, is_signed);
  if (!number)
    refuse_value(types, variable, text, range_text(variable.size, is_signed));
  return number_bytes(*number, variable.size);
}

std::vector<std::uint8_t> parse_floating(const type_graph& types, const global_variable& variable,
                                         const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' ||
      (variable.size != sizeof(double) && variable.size != sizeof(float)))
    refuse_value(types, variable, text, "Write a number such as 0.5.");
  std::vector<std::uint8_t> bytes(variable.size);
  if (variable.size == sizeof(double)) {
    std::memcpy(bytes.data(), &number, sizeof number);
  } else {
    const auto shorter = static_cast<float>(number);
    std::memcpy(bytes.data(), &shorter, sizeof shorter);
  }
  return bytes;
}

std::vector<std::uint8_t> parse_characters(const type_graph& types, const global_variable& variable,
                                           const std::string& text) {
  if (text.size() >= variable.size)
    refuse_value(types, variable, text,
                 fmt::format("Write a text of at most {} bytes.", variable.size - 1));
  std::vector<std::uint8_t> bytes(variable.size);
  std::copy(text.begin(), text.end(), bytes.begin());
  return bytes;
}

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
                                      const std::string& text) {
  const auto type = types.skip_wrappers(variable.type);
  const bool fits = types.size_of(type) == variable.size && variable.size <= 8;
  if (types.is_enumeration(type) && fits) {
    for (const auto constant : types.enumerators(type))
      if (constant.name == text)
        return number_bytes(constant.value, variable.size);
    const auto number = whole_number(text, variable.size, types.is_signed_enumeration(type));
    if (number)
      return number_bytes(*number, variable.size);
    refuse_value(types, variable, text, "Write a constant of the enum, or a number.");
  }
  if (types.kind(type) == type_kind::integer && fits) {
    const auto encoding = types.integer(type);
    if (encoding.is_bool) {
      if (text == "true" || text == "1")
        return number_bytes(1, variable.size);
      if (text == "false" || text == "0")
        return number_bytes(0, variable.size);
      refuse_value(types, variable, text, "Write true or false.");
    }
    return parse_whole(types, variable, text, encoding.is_signed);
  }
  if (types.kind(type) == type_kind::floating_point)
    return parse_floating(types, variable, text);
  if (types.kind(type) == type_kind::array) {
    const auto element = types.skip_wrappers(types.array(type).element);
    if (types.kind(element) == type_kind::integer && types.size_of(element) == 1 &&
        types.name(element) == "char")
      return parse_characters(types, variable, text);
  }
  throw failure(fmt::format("the variable '{}' ({}) cannot be set", variable.name,
                            type_text(types, variable.type)),
                "Only numbers, enums, booleans and texts can.");
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
