#include "packages/package_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

struct package_row {
  std::string what;
  std::string groups;
  std::string debian;
  std::string ubuntu;
  std::string fedora;
};

package_row find_row(std::string_view table, std::string_view key) {
  for (const auto& line : split_text(table, '\n')) {
    std::istringstream words(line);
    package_row row;
    words >> row.what >> row.groups >> row.debian >> row.ubuntu >> row.fedora;
    if (row.what == key && !row.fedora.empty())
      return row;
  }
  throw std::logic_error(fmt::format("packages.txt has no line for '{}'", key));
}

}  // namespace

std::string install_hint(std::string_view table, std::span<const std::string_view> keys,
                         std::span<const std::string> distributions) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(distributions, name) != distributions.end();
  };
  std::vector<std::string> names;
  for (const auto key : keys) {
    const auto row = find_row(table, key);
    const auto& ubuntu = row.ubuntu == "=" ? row.debian : row.ubuntu;
    for (auto& name : split_text(has("fedora")   ? row.fedora
                                 : has("ubuntu") ? ubuntu
                                                 : row.debian,
                                 ','))
      if (std::ranges::find(names, name) == names.end())
        names.push_back(std::move(name));
  }
  if (has("fedora"))
    return fmt::format("dnf install {}", fmt::join(names, " "));
  if (has("ubuntu") || has("debian"))
    return fmt::format("apt install {}", fmt::join(names, " "));
  return fmt::format("the packages {} (names of Debian)", fmt::join(names, ", "));
}

}  // namespace ebpfkit::host
