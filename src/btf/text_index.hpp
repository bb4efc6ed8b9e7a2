// Finds the types that have a name: a hash table over names that another object keeps.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Call `add` for all names, then `finish`, then `find`. The names must outlive the index.
class text_index {
 public:
  // `find` returns `owner` for this name. Ignores empty names.
  void add(std::string_view name, std::uint32_t owner);
  void finish();

  // Appends the owners of `name` to `found`, in the order in which they were added.
  void find(std::string_view name, std::vector<std::uint32_t>& found) const;

 private:
  struct entry {
    std::string_view name;
    std::uint32_t owner = 0;
    std::uint32_t hash = 0;
    std::uint32_t next = 0;  // next entry of the same bucket, counted from 1; 0: none
  };

  std::vector<entry> entries_;
  std::vector<std::uint32_t> buckets_;  // first entry of each bucket, counted from 1
};

}  // namespace ebpfkit::host
