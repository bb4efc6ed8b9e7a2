// The entries of a map, with their types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"
#include "inspect/loaded_objects.hpp"

namespace ebpfkit::host {

// The types of a map's keys and values. 0: bytes without a type.
struct map_types {
  std::shared_ptr<const type_graph> types;
  type_id key = 0;
  type_id value = 0;
};

// Takes the types from the BTF of the map, else from the declaration in one of the project's
// objects. A map without both has none.
map_types find_map_types(const loaded_map& map, const std::vector<std::filesystem::path>& objects);

struct map_entry {
  std::vector<std::uint8_t> key;
  // One value; of a per-CPU map one for each possible CPU.
  std::vector<std::vector<std::uint8_t>> values;
};

bool is_per_cpu(const loaded_map& map);

// Reads all entries. Throws `failure` for a map that has none that can be listed (a ring buffer, a
// queue, ...), and says what to use instead. A map that changes meanwhile may give some entries
// that are gone, and each at most once.
std::vector<map_entry> read_entries(int fd, const loaded_map& map);

// Returns the key that a text names, as `value_text` shows keys, or `hex 01 0a ...`. Throws
// `failure`.
std::vector<std::uint8_t> parse_key(const map_types& types, const loaded_map& map,
                                    const std::string& text);

// Reads the entry with this key. Returns no value when the map has none.
std::optional<map_entry> read_entry(int fd, const loaded_map& map,
                                    const std::vector<std::uint8_t>& key);

// Throws `failure` for a map whose entries have no keys, or stand for descriptors that only an
// application has.
void check_entries_can_be_written(const loaded_map& map);

// Adds or replaces an entry: one value, of a per-CPU map one for each possible CPU. Throws
// `failure` with the reason of the kernel.
void write_entry(int fd, const loaded_map& map, const map_entry& entry);

// Removes the entry with this key. Throws `failure`: there is none, or the map keeps its entries.
void remove_entry(int fd, const loaded_map& map, const std::vector<std::uint8_t>& key);

// How many values an entry has: one, or of a per-CPU map one for each possible CPU.
std::size_t values_of_entry(const loaded_map& map);

// The key and the value of one entry, typed. Of a per-CPU map a list with one value a CPU, also
// where there is one CPU.
nlohmann::ordered_json key_json(const map_types& types, const map_entry& entry);
nlohmann::ordered_json values_json(const map_types& types, const loaded_map& map,
                                   const map_entry& entry);
// The same with the numbers of all CPUs added.
nlohmann::ordered_json summed_value_json(const map_types& types, const map_entry& entry);

}  // namespace ebpfkit::host
