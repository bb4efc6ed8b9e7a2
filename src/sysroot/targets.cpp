#include "sysroot/targets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/shell_words.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

#define EBPFKIT_TARGET(name, processor, triple, openwrt, debian, emulator, flags) \
  target_row{name, processor, triple, openwrt, debian, emulator, flags},
constexpr std::array rows{
#include <targets.inc>
};
#undef EBPFKIT_TARGET

constexpr std::array<std::string_view, 3> names_with_packages{"aarch64", "x86_64", "armv7"};
constexpr std::string_view preset_prefix = "openwrt-";

}  // namespace

std::vector<std::string> target_row::flag_words() const {
  return split_shell_words(flags);
}

std::span<const target_row> targets() {
  return rows;
}

const target_row& find_target(std::string_view name) {
  auto wanted = name;
  if (wanted.starts_with(preset_prefix))
    wanted.remove_prefix(preset_prefix.size());
  const auto row = std::ranges::find(rows, wanted, &target_row::name);
  if (row != rows.end())
    return *row;
  std::vector<std::string_view> names;
  for (const auto& target : rows)
    names.push_back(target.name);
  throw failure(
      fmt::format("there is no target '{}'{}", printable(name), nearest_names_hint(wanted, names)),
      fmt::format("Targets are: {}.", fmt::join(names, ", ")));
}

bool has_usable_packages(const target_row& target) {
  return std::ranges::find(names_with_packages, target.name) != names_with_packages.end();
}

std::string_view musl_architecture(const target_row& target) {
  if (target.name == "armv7")
    return "arm";
  return target.name == "mipsel" ? "mips" : target.name;
}

}  // namespace ebpfkit::host
