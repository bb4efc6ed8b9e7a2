#include "support/nearest_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <tuple>

#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t maximum_suggestions = 5;
// Nobody mistypes a longer name, and the time grows with the square of the length.
constexpr std::size_t maximum_length = 128;

}  // namespace

std::vector<std::string> nearest_names(std::string_view name,
                                       const std::vector<std::string_view>& candidates) {
  if (name.empty() || name.size() > maximum_length)
    return {};
  const auto limit = std::max<std::size_t>(name.size() / 3, 1);
  // Prefixes follow after all names within the limit, the shortest first.
  std::set<std::tuple<std::size_t, std::size_t, std::string_view>> ranked;
  for (const auto candidate : candidates) {
    if (candidate.empty() || candidate.size() > maximum_length)
      continue;
    auto distance = edit_distance(name, candidate, limit);
    if (distance > limit) {
      const bool is_prefix =
          candidate.starts_with(name) || (candidate.size() >= 3 && name.starts_with(candidate));
      if (!is_prefix)
        continue;
      distance = limit + 1;
    }
    ranked.emplace(distance, candidate.size(), candidate);
    if (ranked.size() > maximum_suggestions)
      ranked.erase(std::prev(ranked.end()));
  }

  std::vector<std::string> names;
  for (const auto& [distance, length, candidate] : ranked)
    names.emplace_back(candidate);
  return names;
}

std::string nearest_names_hint(std::string_view name,
                               const std::vector<std::string_view>& candidates) {
  const auto names = nearest_names(name, candidates);
  return names.empty() ? std::string() : fmt::format("; nearest: {}", fmt::join(names, ", "));
}

std::string unreadable_file_remedy(const std::filesystem::path& path) {
  std::string remedy = "Check the path and its permissions.";
  std::error_code error;
  if (std::filesystem::exists(path, error))
    return remedy;
  std::vector<std::string> names;
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  // Reading a large directory would take longer than the user wants to wait for an error.
  constexpr std::size_t most_names = 10000;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator() && names.size() < most_names;
       entry.increment(error))
    names.push_back(entry->path().filename().string());
  const auto nearest = nearest_names(path.filename().string(), {names.begin(), names.end()});
  if (!nearest.empty())
    remedy += fmt::format(" The nearest name there is '{}'.", printable(nearest.front()));
  return remedy;
}

}  // namespace ebpfkit::host
