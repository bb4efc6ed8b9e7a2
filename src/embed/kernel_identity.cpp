#include "embed/kernel_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "input/architecture.hpp"
#include "input/text.hpp"
#include "runtime/kernel_types/architecture.hpp"
#include "support/failure.hpp"

namespace ebpfkit {

namespace {

// The name in the index of embedded BTF for an architecture that people call `name`. Empty when
// EbpfKit does not know it.
std::string indexed_architecture(std::string_view name) {
  const auto* row = detail::find_architecture(name);
  return row == nullptr ? std::string() : row->name;
}

// The longest first, where one ends with another.
constexpr std::array<std::string_view, 8> btf_suffixes = {
    ".btf.tar.xz", ".btf.tar.zst", ".btf.tar.gz", ".btf.tar",
    ".btf.xz",     ".btf.zst",     ".btf.gz",     ".btf"};

std::optional<std::string> without_btf_suffix(const std::string& name) {
  for (const auto suffix : btf_suffixes) {
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  }
  return std::nullopt;
}

// What may stand in the index and in messages.
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
  const auto indexed = indexed_architecture(architecture);
  if (release.empty() || !std::ranges::all_of(parts, is_plain) ||
      release.find(':') != std::string::npos)
    throw failure(fmt::format("'{}' does not tell a kernel", shown),
                  "Write <distribution>:<version>:<architecture>:<release>, for example "
                  "ubuntu:20.04:x86_64:5.4.0-26-generic.");
  if (!architecture.empty() && indexed.empty())
    throw failure(fmt::format("'{}': there is no architecture '{}'", shown, architecture),
                  "Write it as uname -m does: x86_64, aarch64, riscv64...");
  return {indexed, release, distribution, version};
}

kernel_identity kernel_identity_of_path(const std::filesystem::path& path) {
  const auto release = without_btf_suffix(path.filename().string());
  const auto architecture_directory = path.parent_path();
  const auto architecture = indexed_architecture(architecture_directory.filename().string());
  if (!release || architecture.empty())
    return {};
  const auto version_directory = architecture_directory.parent_path();
  kernel_identity identity{architecture, *release,
                           version_directory.parent_path().filename().string(),
                           version_directory.filename().string()};
  if (!is_plain(identity.distribution) || !is_plain(identity.version))
    identity.distribution = identity.version = "";
  return is_plain(identity.release) ? identity : kernel_identity{};
}

bool has_btf_file_name(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  return without_btf_suffix(name).has_value() || name.starts_with("vmlinux");
}

std::string architecture_in_index(std::string_view name, std::uint32_t pointer_size,
                                  std::endian order) {
  return indexed_architecture(architecture_in_paths(name, pointer_size, order));
}

}  // namespace ebpfkit
