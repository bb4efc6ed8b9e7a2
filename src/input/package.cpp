#include "input/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "input/decompress.hpp"
#include "input/tar.hpp"
#include "input/text.hpp"
#include "support/failure.hpp"

namespace ebpfkit {

namespace {

// struct ar_hdr of <ar.h>.
constexpr std::string_view ar_magic = "!<arch>\n";
constexpr std::size_t ar_header_size = 60;
constexpr std::size_t ar_size_offset = 48;
constexpr std::size_t ar_size_length = 10;
constexpr std::string_view ar_header_end = "`\n";

// A kernel with all its debug information has some 700 MB; the package around it several GB, of
// which only the kernel is kept.
constexpr std::uint64_t kernel_limit = std::uint64_t{2} << 30;
constexpr std::uint64_t package_limit = std::uint64_t{32} << 30;

[[noreturn]] void fail(const std::string& name, std::string_view problem, std::string remedy) {
  throw failure(fmt::format("'{}': the package {}", name, problem), std::move(remedy));
}

std::span<const std::uint8_t> find_data(std::span<const std::uint8_t> package,
                                        const std::string& name) {
  const char* remedy = "Get the package again.";
  const std::string_view text(reinterpret_cast<const char*>(package.data()), package.size());
  std::size_t position = ar_magic.size();
  while (position < text.size()) {
    if (text.size() - position < ar_header_size)
      fail(name, "is truncated", remedy);
    const auto header = text.substr(position, ar_header_size);
    position += ar_header_size;
    auto digits = header.substr(ar_size_offset, ar_size_length);
    digits = digits.substr(0, digits.find(' '));
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), size);
    if (!header.ends_with(ar_header_end) || error != std::errc() || end != digits.end())
      fail(name, "is damaged (an ar header)", remedy);
    if (size > text.size() - position)
      fail(name, "is truncated", remedy);
    if (header.starts_with("data.tar"))
      return package.subspan(position, size);
    position += std::min<std::uint64_t>(size + size % 2, text.size() - position);
  }
  fail(name, "has no data.tar member", "Name a Debian package of a kernel.");
}

bool is_kernel(const tar_member& member) {
  std::string_view path = member.name;
  while (path.starts_with("./") || path.starts_with("/"))
    path.remove_prefix(path.front() == '.' ? 2 : 1);
  constexpr std::array<std::string_view, 4> places = {"boot/", "lib/modules/", "usr/lib/modules/",
                                                      "usr/lib/debug/"};
  const bool in_place = std::ranges::any_of(
      places, [path](std::string_view place) { return path.starts_with(place); });
  if (!member.is_regular || !in_place)
    return false;
  const auto file = path.substr(path.rfind('/') + 1);
  constexpr std::size_t stem = std::string_view("vmlinuz").size();
  if (!file.starts_with("vmlinuz") && !file.starts_with("vmlinux"))
    return false;
  // Not vmlinux-gdb.py and the like.
  return file.size() == stem ||
         (file[stem] == '-' && !leading_release(file.substr(stem + 1)).empty());
}

}  // namespace

bool is_debian_package(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= ar_magic.size() &&
         std::equal(ar_magic.begin(), ar_magic.end(), bytes.begin());
}

std::vector<std::uint8_t> read_packaged_kernel(std::span<const std::uint8_t> package,
                                               const std::string& name, std::string& member_name) {
  const auto data =
      open_compressed(find_data(package, name), {name, package_limit, compressed_tail::refused});
  tar_reader reader(*data, name);
  while (const auto member = reader.next()) {
    if (is_kernel(*member)) {
      member_name = member->name;
      return reader.content(kernel_limit);
    }
  }
  fail(name, "has no kernel",
       "Name the package with the image. Newer Debian kernels have it in linux-binary-*, Ubuntu's "
       "in linux-image-*.");
}

}  // namespace ebpfkit
