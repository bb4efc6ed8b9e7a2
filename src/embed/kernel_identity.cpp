#include "embed/kernel_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btf/architecture.hpp"
#include "input/btf_file_name.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// True for text that the index and messages may contain.
bool is_plain(std::string_view part) {
  constexpr std::size_t longest = 128;
  return part.size() <= longest &&
         std::ranges::all_of(part, [](char c) { return c > ' ' && c <= '~' && c != '\''; });
}

}  // namespace

std::string kernel_identity::path_text() const {
  const auto part = [](const std::string& text) { return text.empty() ? "-" : text.c_str(); };
  return fmt::format("{}/{}/{}/{}", part(distribution), part(version), part(architecture),
                     part(release));
}

kernel_identity parse_kernel_identity(std::string_view text) {
  const std::string shown = printable(text);
  std::array<std::string, 4> parts;
  for (auto& part : parts) {
    const bool is_last = &part == &parts.back();
    const auto colon = is_last ? std::string_view::npos : text.find(':');
    if (!is_last && colon == std::string_view::npos)
      break;
    part = text.substr(0, colon);
    text.remove_prefix(is_last ? text.size() : colon + 1);
  }
  const auto& [distribution, version, architecture, release] = parts;
  const auto indexed = architecture_name_of(architecture);
  if (release.empty() || !std::ranges::all_of(parts, is_plain) ||
      release.find(':') != std::string::npos)
    throw failure(fmt::format("'{}' does not name a kernel", shown),
                  "Write <distribution>:<version>:<architecture>:<release>, for example "
                  "ubuntu:20.04:x86_64:5.4.0-26-generic.");
  if (!architecture.empty() && indexed.empty())
    throw failure(fmt::format("'{}': there is no architecture '{}'", shown, architecture),
                  "Write it as uname -m does: x86_64, aarch64, riscv64...");
  return {indexed, release, distribution, version};
}

kernel_identity kernel_identity_of_path(const std::filesystem::path& path) {
  const auto file_name = path.filename().string();
  const auto release = btf_stem(file_name);
  const auto architecture_directory = path.parent_path();
  const auto architecture = architecture_name_of(architecture_directory.filename().string());
  if (!release || architecture.empty())
    return {};
  const auto version_directory = architecture_directory.parent_path();
  kernel_identity identity{architecture, std::string(*release),
                           version_directory.parent_path().filename().string(),
                           version_directory.filename().string()};
  if (!is_plain(identity.distribution) || !is_plain(identity.version))
    identity.distribution = identity.version = "";
  return is_plain(identity.release) ? identity : kernel_identity{};
}

bool has_btf_file_name(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return btf_stem(name).has_value() || name.starts_with("vmlinux");
}

std::string architecture_in_index(std::string_view name, std::uint32_t pointer_size,
                                  std::endian order) {
  return architecture_name_of(architecture_in_paths(name, pointer_size, order));
}

}  // namespace ebpfkit::host
