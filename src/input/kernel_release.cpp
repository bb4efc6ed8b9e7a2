#include "input/kernel_release.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ebpfkit::host {

namespace {

constexpr std::size_t longest_release = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_release_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._+~-").find(c) != std::string_view::npos;
}

// What may follow a release in the file name of a kernel.
constexpr std::array<std::string_view, 9> suffixes = {".btf", ".tar", ".xz", ".gz",   ".zst",
                                                      ".lz4", ".elf", ".ko", ".debug"};

}  // namespace

std::string leading_release(std::string_view text) {
  const auto* end = std::find_if_not(text.begin(), text.end(), is_release_character);
  const std::string_view release(text.begin(), end);
  const auto dot = release.find('.');
  const bool has_two_numbers =
      dot != std::string_view::npos && dot > 0 && dot + 1 < release.size() &&
      std::all_of(release.begin(), release.begin() + static_cast<std::ptrdiff_t>(dot), is_digit) &&
      is_digit(release[dot + 1]);
  if (!has_two_numbers || release.size() > longest_release)
    return {};
  return std::string(release);
}

std::string release_in_file_name(std::string_view file_name) {
  for (const std::string_view prefix : {"vmlinux-", "vmlinuz-", "Image-", "bzImage-"}) {
    if (file_name.starts_with(prefix))
      file_name.remove_prefix(prefix.size());
  }
  for (bool found = true; found;) {
    found = false;
    for (const auto suffix : suffixes) {
      if (file_name.ends_with(suffix)) {
        file_name.remove_suffix(suffix.size());
        found = true;
      }
    }
  }
  const auto release = leading_release(file_name);
  return release.size() == file_name.size() ? release : std::string();
}

}  // namespace ebpfkit::host
