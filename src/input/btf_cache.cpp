#include "input/btf_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <system_error>
#include <tuple>

#include "btf/architecture.hpp"
#include "input/btf_file_name.hpp"
#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t names_shown = 5;
constexpr std::size_t most_files = 100000;

std::vector<std::string_view> split_parts(std::string_view name) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = name.find('/');
    parts.push_back(name.substr(0, slash));
    if (slash == std::string_view::npos)
      return parts;
    name.remove_prefix(slash + 1);
  }
}

std::string join_parts(const std::vector<std::string>& parts) {
  std::string name;
  for (const auto& part : parts)
    name += (name.empty() ? "" : "/") + part;
  return name;
}

// Returns `name` with its architecture spelled as the first alias, as the second, and so on.
std::vector<std::string> spellings(std::string_view name) {
  const auto given = split_parts(name);
  std::vector<std::string> parts(given.begin(), given.end());
  // The last part is the release, not an architecture.
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto aliases = architecture_aliases(parts[i]);
    if (aliases.size() == 1)
      continue;
    std::vector<std::string> all;
    for (const auto& alias : aliases) {
      parts[i] = alias;
      all.push_back(join_parts(parts));
    }
    return all;
  }
  return {std::string(name)};
}

std::optional<fs::path> find_exactly(const fs::path& cache, const std::string& name) {
  std::error_code error;
  if (fs::is_regular_file(cache / name, error))
    return cache / name;
  for (const auto suffix : btf_suffixes) {
    const auto path = cache / (name + std::string(suffix));
    if (fs::is_regular_file(path, error))
      return path;
  }
  return std::nullopt;
}

// Finds the files whose names continue the last part of `name`.
std::vector<fs::path> find_longer(const fs::path& cache, const std::string& name) {
  const fs::path wanted = cache / name;
  const auto prefix = wanted.filename().string();
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator file(wanted.parent_path(), error), end; !error && file != end;
       file.increment(error)) {
    const auto file_name = file->path().filename().string();
    const auto stem = btf_stem(file_name);
    if (stem && stem->size() > prefix.size() && stem->starts_with(prefix) &&
        std::string_view("-.+_~").find((*stem)[prefix.size()]) != std::string_view::npos)
      found.push_back(file->path());
  }
  std::ranges::sort(found);
  return found;
}

std::string architecture_in(std::string_view name) {
  for (const auto part : split_parts(name)) {
    if (auto architecture = architecture_of_name(part); !architecture.empty())
      return architecture;
  }
  return {};
}

void check_name(std::string_view name) {
  if (!is_cache_name(name))
    throw failure(fmt::format("'{}' is not a name of BTF", printable(name)),
                  "Names are like ubuntu/22.04/arm64/5.15.0-25-generic.");
}

}  // namespace

fs::path default_btf_cache() {
  if (const char* cache = std::getenv("EBPFKIT_CACHE_DIR"); cache != nullptr && *cache != '\0')
    return fs::absolute(cache) / "btf";
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "ebpfkit" / "btf";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache" / "ebpfkit" / "btf";
  throw failure("no directory for the BTF cache: neither XDG_CACHE_HOME nor HOME is set",
                "Name the directory: --to DIR.");
}

bool is_cache_name(std::string_view name) {
  constexpr std::size_t longest = 1024;
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._+~:-").find(c) != std::string_view::npos;
  };
  return name.size() <= longest && std::ranges::all_of(split_parts(name), [&](auto part) {
           return !part.empty() && part != "." && part != ".." &&
                  std::ranges::all_of(part, is_allowed);
         });
}

namespace {

// The BTF files of a directory, which has one for each release.
std::vector<fs::path> find_in_directory(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error))
    if (btf_stem(file->path().filename().string()) && file->is_regular_file(error))
      found.push_back(file->path());
  std::ranges::sort(found);
  return found;
}

}  // namespace

fs::path find_cached_btf(const fs::path& cache, std::string_view name) {
  check_name(name);
  std::error_code error;
  if (!fs::is_directory(cache, error))
    throw failure(fmt::format("there is no BTF cache '{}'", cache.string()),
                  "Make one: ebpfkit btf fetch --to DIR.");
  for (const auto& spelling : spellings(name)) {
    if (auto path = find_exactly(cache, spelling))
      return *path;
  }

  const auto stem = btf_stem(name).value_or(name);
  std::vector<fs::path> longer;
  for (const auto& spelling : spellings(stem)) {
    if (auto path = find_exactly(cache, spelling))
      return *path;
    std::ranges::copy(find_longer(cache, spelling), std::back_inserter(longer));
    std::ranges::copy(find_in_directory(cache / spelling), std::back_inserter(longer));
  }
  if (longer.size() == 1)
    return longer.front();
  if (!longer.empty()) {
    std::vector<std::string> names;
    for (const auto& path : longer)
      names.push_back(path.lexically_relative(cache).string());
    throw failure(fmt::format("several files in the BTF cache '{}' match '{}': {}", cache.string(),
                              name, list_names(names, names_shown)),
                  "Write more of the name.");
  }
  const auto nearest = nearest_cached_names(cache, name, names_shown);
  throw failure(fmt::format("there is no '{}' in the BTF cache '{}'", name, cache.string()),
                nearest.empty() ? "The cache is empty: fill it with ebpfkit btf fetch."
                                : "Nearest are: " + list_names(nearest, names_shown) + ".");
}

fs::path find_btf_file(const fs::path& word, const fs::path& cache) {
  std::error_code error;
  if (fs::exists(word, error) || !is_cache_name(word.string()))
    return word;
  try {
    return find_cached_btf(cache.empty() ? default_btf_cache() : cache, word.string());
  } catch (const failure& problem) {
    throw failure(fmt::format("'{}' is no file, and {}", word.string(), problem.what()),
                  problem.remedy());
  }
}

std::vector<std::string> nearest_cached_names(const fs::path& cache, std::string_view name,
                                              std::size_t count) {
  const auto architecture = architecture_in(name);
  const auto distribution = split_parts(name).front();
  using rank = std::tuple<bool, bool, std::size_t, std::string>;
  std::vector<rank> ranked;
  std::size_t seen = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator
           file(cache, fs::directory_options::skip_permission_denied, error),
       end;
       !error && file != end && seen < most_files; file.increment(error), ++seen) {
    const auto relative = file->path().lexically_relative(cache).string();
    const auto stem = btf_stem(relative);
    if (!stem || !is_cache_name(*stem))
      continue;
    ranked.emplace_back(architecture_in(*stem) != architecture,
                        split_parts(*stem).front() != distribution, edit_distance(*stem, name),
                        std::string(*stem));
  }
  std::ranges::sort(ranked);
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i)
    nearest.push_back(std::get<3>(ranked[i]));
  return nearest;
}

}  // namespace ebpfkit::host
