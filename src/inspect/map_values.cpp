#include "inspect/map_values.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "inspect/typed_value.hpp"
#include "inspect/value_parser.hpp"
#include "object/bpf_object_file.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using json = nlohmann::ordered_json;

// Declared in the enum of the kernel's <linux/bpf.h>; older headers lack the last ones.
constexpr std::uint32_t map_type_ring_buffer = 27;
constexpr std::uint32_t map_type_bloom_filter = 30;
constexpr std::uint32_t map_type_user_ring_buffer = 31;
constexpr std::uint32_t map_type_arena = 33;

// Why a map has no entries to list, or null.
const char* no_entries_reason(std::uint32_t type) {
  switch (type) {
    case map_type_ring_buffer:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
      return "it is a buffer of events. The target watch-events (`ebpfkit inspect watch-events`) "
             "shows them.";
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
      return "the kernel gives its elements only to who takes them out.";
    case map_type_bloom_filter:
      return "a bloom filter keeps no elements.";
    case map_type_user_ring_buffer:
      return "it is a buffer from an application to its program.";
    case map_type_arena:
      return "an arena is memory without entries.";
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
      return "its values belong to sockets, inodes or tasks, which the kernel does not list.";
    case BPF_MAP_TYPE_STRUCT_OPS:
      return "it stands for functions of the kernel.";
    default:
      return nullptr;
  }
}

std::size_t rounded_to_8(std::size_t size) {
  return (size + 7) / 8 * 8;
}

// Whether the map has one value for each CPU (kernel/bpf/syscall.c, bpf_map_value_size).
bool has_value_per_cpu(std::uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
         type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

std::shared_ptr<const type_graph> graph_of(std::vector<std::uint8_t> bytes) {
  return std::make_shared<const type_graph>(std::move(bytes), nullptr, type_checks::names_on_use);
}

// Whether entries are written as descriptors of programs, maps, sockets or cgroups, so that an
// application has to do it.
bool takes_descriptors(std::uint32_t type) {
  return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
         type == BPF_MAP_TYPE_CGROUP_ARRAY || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
         type == BPF_MAP_TYPE_HASH_OF_MAPS || type == BPF_MAP_TYPE_SOCKMAP ||
         type == BPF_MAP_TYPE_SOCKHASH || type == BPF_MAP_TYPE_XSKMAP ||
         type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY;
}

// The bytes between the values of two CPUs.
std::size_t value_stride(const loaded_map& map) {
  return has_value_per_cpu(map.type_number) ? rounded_to_8(map.value_size) : map.value_size;
}

[[noreturn]] void refuse_change(const loaded_map& map, const char* what, int error) {
  throw failure(fmt::format("cannot {} an entry of map '{}': {}", what, printable(map.name),
                            std::strerror(error)),
                error == EPERM    ? "The map is frozen, or was made read-only for applications."
                : error == E2BIG  ? fmt::format("The map has room for {} entries.", map.max_entries)
                : error == EINVAL ? fmt::format("A map of the type {} does not allow it.", map.type)
                                  : std::string());
}

map_entry entry_of(const loaded_map& map, std::vector<std::uint8_t> key,
                   const std::vector<std::uint8_t>& values) {
  map_entry entry{std::move(key), {}};
  for (std::size_t i = 0; i < values_of_entry(map); ++i) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * value_stride(map));
    entry.values.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(map.value_size));
  }
  return entry;
}

std::vector<std::uint8_t> room_for_values(const loaded_map& map) {
  return std::vector<std::uint8_t>(
      std::max<std::size_t>(value_stride(map) * values_of_entry(map), 8));
}

json part_json(const std::shared_ptr<const type_graph>& types, type_id type,
               const std::vector<std::uint8_t>& bytes) {
  return types == nullptr || type == 0 ? json(hexadecimal(bytes))
                                       : typed_value(*types, type, bytes);
}

}  // namespace

map_types find_map_types(const loaded_map& map, const std::vector<std::filesystem::path>& objects) {
  if (map.btf_id != 0) {
    auto types = graph_of(read_kernel_btf(map.btf_id));
    if (types->contains(map.key_type) && types->contains(map.value_type) && map.value_type != 0)
      return {types, map.key_type, map.value_type};
  }
  for (const auto& path : objects) {
    const bpf_object_file object(path);
    for (const auto& declared : object.maps()) {
      if (declared.map_type != map.type_number ||
          declared.name.substr(0, BPF_OBJ_NAME_LEN - 1) != map.name)
        continue;
      const auto bytes = object.types().bytes();
      return {graph_of({bytes.begin(), bytes.end()}), declared.key, declared.value};
    }
  }
  return {};
}

bool is_per_cpu(const loaded_map& map) {
  return has_value_per_cpu(map.type_number);
}

std::vector<map_entry> read_entries(int fd, const loaded_map& map) {
  if (const auto* reason = no_entries_reason(map.type_number))
    throw failure(fmt::format("map '{}' ({}) has no entries to list", map.name, map.type),
                  fmt::format("Leave it out: {}", reason));
  std::vector<std::uint8_t> key(map.key_size);
  std::vector<std::uint8_t> next(map.key_size);
  auto values = room_for_values(map);
  std::vector<map_entry> entries;
  std::set<std::string, std::less<>> seen;
  const void* before = nullptr;
  // When the last key was removed meanwhile, a hash begins anew: the number of steps has a limit.
  const auto most_steps = std::uint64_t{map.max_entries} * 2 + 1024;
  for (std::uint64_t step = 0; step < most_steps; ++step) {
    if (bpf_map_get_next_key(fd, before, next.data()) != 0) {
      if (errno == ENOENT)
        break;
      throw failure(
          fmt::format("cannot list the keys of map '{}': {}", map.name, std::strerror(errno)));
    }
    key = next;
    before = key.data();
    // An element that is gone, or an array of maps or programs without one at this place.
    if (bpf_map_lookup_elem(fd, key.data(), values.data()) != 0 ||
        !seen.emplace(as_text(key)).second)
      continue;
    entries.push_back(entry_of(map, key, values));
  }
  return entries;
}

std::size_t values_of_entry(const loaded_map& map) {
  const int cpus = libbpf_num_possible_cpus();
  return is_per_cpu(map) && cpus > 0 ? static_cast<std::size_t>(cpus) : 1;
}

std::vector<std::uint8_t> parse_key(const map_types& types, const loaded_map& map,
                                    const std::string& text) {
  const auto place = fmt::format("the key of map '{}'", printable(map.name));
  const std::vector<std::uint8_t> nothing(map.key_size);
  if (types.key != 0)
    return parse_typed_value(*types.types, types.key, text, nothing, place);
  // A key without a type that is no bytes is the number of an element.
  std::uint32_t index = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, index);
  if (map.key_size != sizeof index || read.ec != std::errc() || read.ptr != end)
    return parse_bytes(text, map.key_size, place);
  std::vector<std::uint8_t> key(sizeof index);
  std::memcpy(key.data(), &index, sizeof index);
  return key;
}

std::optional<map_entry> read_entry(int fd, const loaded_map& map,
                                    const std::vector<std::uint8_t>& key) {
  auto values = room_for_values(map);
  if (bpf_map_lookup_elem(fd, key.data(), values.data()) == 0)
    return entry_of(map, key, values);
  if (errno == ENOENT)
    return std::nullopt;
  throw failure(fmt::format("cannot read an entry of map '{}' ({}): {}", printable(map.name),
                            map.type, std::strerror(errno)));
}

void check_entries_can_be_written(const loaded_map& map) {
  if (takes_descriptors(map.type_number))
    throw failure(fmt::format("the entries of map '{}' ({}) stand for open descriptors",
                              printable(map.name), map.type),
                  "Only a process that has them can write such an entry: the application, or "
                  "`bpftool map update`.");
  if (const auto* reason = no_entries_reason(map.type_number))
    throw failure(
        fmt::format("map '{}' ({}) has no entries with keys", printable(map.name), map.type),
        fmt::format("Name another map: {}", reason));
}

void write_entry(int fd, const loaded_map& map, const map_entry& entry) {
  auto values = room_for_values(map);
  for (std::size_t i = 0; i < entry.values.size(); ++i)
    std::copy(entry.values[i].begin(), entry.values[i].end(),
              values.begin() + static_cast<std::ptrdiff_t>(i * value_stride(map)));
  if (bpf_map_update_elem(fd, entry.key.data(), values.data(), BPF_ANY) != 0)
    refuse_change(map, "write", errno);
}

void remove_entry(int fd, const loaded_map& map, const std::vector<std::uint8_t>& key) {
  if (bpf_map_delete_elem(fd, key.data()) == 0)
    return;
  if (errno == ENOENT)
    throw failure(fmt::format("map '{}' has no entry with this key", printable(map.name)),
                  "dump-map shows its entries.");
  refuse_change(map, "remove", errno);
}

json key_json(const map_types& types, const map_entry& entry) {
  // libbpf gives arrays of global variables no type of key. Keys of arrays are numbers.
  std::uint32_t index = 0;
  if (types.key == 0 && entry.key.size() == sizeof index) {
    std::memcpy(&index, entry.key.data(), sizeof index);
    return index;
  }
  return part_json(types.types, types.key, entry.key);
}

json values_json(const map_types& types, const loaded_map& map, const map_entry& entry) {
  if (!is_per_cpu(map))
    return part_json(types.types, types.value, entry.values.front());
  json list = json::array();
  for (const auto& value : entry.values)
    list.push_back(part_json(types.types, types.value, value));
  return list;
}

json summed_value_json(const map_types& types, const map_entry& entry) {
  auto sum = part_json(types.types, types.value, entry.values.front());
  for (std::size_t i = 1; i < entry.values.size(); ++i)
    add_numbers(sum, part_json(types.types, types.value, entry.values[i]));
  return sum;
}

}  // namespace ebpfkit::host
