#include "size/size_change.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::host {

namespace {

std::uint64_t distance(std::uint64_t one, std::uint64_t other) {
  return one > other ? one - other : other - one;
}

bool is_larger_change(const size_change& one, const size_change& other) {
  const auto key = [](const size_change& change) {
    return std::pair(distance(change.before.in_file, change.after.in_file),
                     distance(change.before.zero, change.after.zero));
  };
  const auto first = key(one);
  const auto second = key(other);
  return first != second ? first > second : one.name < other.name;
}

// A library may stay as large as it was while its objects change.
bool has_changed(const size_change& change) {
  return change.before != change.after || !change.parts.empty();
}

void keep_changes(std::vector<size_change>& changes) {
  std::erase_if(changes, [](const size_change& each) { return !has_changed(each); });
  sort_changes(changes);
}

std::vector<size_change> compare(const std::vector<size_entry>& before,
                                 const std::vector<size_entry>& after) {
  std::map<std::string_view, std::pair<byte_count, byte_count>> entries;
  for (const auto& entry : before)
    entries[entry.name].first += entry.bytes;
  for (const auto& entry : after)
    entries[entry.name].second += entry.bytes;
  std::vector<size_change> changes;
  for (const auto& [name, bytes] : entries)
    changes.push_back({std::string(name), bytes.first, bytes.second, {}});
  keep_changes(changes);
  return changes;
}

std::vector<size_change> compare(const std::vector<size_library>& before,
                                 const std::vector<size_library>& after) {
  using key = std::pair<owner_kind, std::string_view>;
  std::map<key, std::pair<size_library, size_library>> libraries;
  const auto collect = [](size_library& sum, const size_library& library) {
    sum.bytes += library.bytes;
    sum.objects.insert(sum.objects.end(), library.objects.begin(), library.objects.end());
  };
  for (const auto& library : before)
    collect(libraries[{library.kind, library.name}].first, library);
  for (const auto& library : after)
    collect(libraries[{library.kind, library.name}].second, library);
  std::vector<size_change> changes;
  for (const auto& [name, library] : libraries)
    changes.push_back({std::string(name.second), library.first.bytes, library.second.bytes,
                       compare(library.first.objects, library.second.objects)});
  keep_changes(changes);
  return changes;
}

}  // namespace

void sort_changes(std::vector<size_change>& changes) {
  std::ranges::sort(changes, is_larger_change);
}

size_changes compare_sizes(const size_report& before, const size_report& after) {
  size_changes changes{compare(before.sections, after.sections), {}};
  if (!before.owners_from.empty() && !after.owners_from.empty())
    changes.libraries = compare(before.libraries, after.libraries);
  return changes;
}

}  // namespace ebpfkit::host
