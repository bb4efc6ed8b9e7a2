#include "input/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "input/archive.hpp"
#include "input/decompress.hpp"
#include "input/kernel_release.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// A kernel with all its debug information has some 700 MB. The package around it has several GB, of
// which only the kernel stays in memory.
constexpr std::uint64_t kernel_limit = std::uint64_t{2} << 30;
constexpr std::uint64_t package_limit = std::uint64_t{32} << 30;

// Archives in a package, usually compressed.
struct package_parts {
  std::vector<std::uint8_t> files;
  std::vector<std::uint8_t> control;  // of a deb package: the description, and scripts
};

package_parts find_parts(std::span<const std::uint8_t> package, archive_kind kind,
                         const std::string& name) {
  memory_stream source(package);
  archive_reader reader(source, kind, name);
  package_parts parts;
  while (const auto member = reader.next()) {
    if (kind == archive_kind::rpm || member->name.starts_with("data.tar")) {
      parts.files = read_all(reader, package.size(), package.size());
      return parts;
    }
    // deb(5): control.tar comes before data.tar.
    if (member->name.starts_with("control.tar"))
      parts.control = read_all(reader, package.size());
  }
  throw failure(fmt::format("'{}': the package is truncated or has no files", name),
                "Get the package again.");
}

// Returns the package with an image that a deb package without a kernel depends on: linux-binary-*
// (Debian, since Linux 6.19) or linux-image-* (of a metapackage). Returns an empty text when the
// package's description names none or cannot be read.
std::string package_of_image(std::span<const std::uint8_t> control, const std::string& name) {
  constexpr std::uint64_t control_limit = std::uint64_t{64} << 20;
  if (control.empty())
    return {};
  try {
    const auto tar = open_compressed(control, {name, control_limit, compressed_tail::refused});
    archive_reader reader(*tar, archive_kind::tar, name);
    while (const auto member = reader.next()) {
      if (member->name != "./control" && member->name != "control")
        continue;
      const auto bytes = reader.content(control_limit);
      std::string text = "\n";
      text += as_text(bytes);
      for (const std::string_view field : {"\nDepends:", "\nPre-Depends:"}) {
        const auto start = text.find(field);
        if (start == std::string::npos)
          continue;
        const auto value_start = start + field.size();
        const auto depends =
            std::string_view(text).substr(value_start, text.find('\n', value_start) - value_start);
        for (const std::string_view prefix : {" linux-binary-", " linux-image-"}) {
          const auto found = depends.find(prefix);
          if (found == std::string_view::npos)
            continue;
          const auto package = depends.substr(found + 1);
          return std::string(package.substr(0, package.find_first_of(" ,(|:")));
        }
      }
    }
  } catch (const failure&) {
    // The caller reports that there is no kernel, which does not depend on the description.
  }
  return {};
}

// Refuses packages of rpm 6, and older ones with files of more than 4 GiB: they have the files'
// names only in the package's header, and "07070X" before each content (docs/manual/format_v4.md of
// rpm).
void check_cpio(byte_stream& files, const std::string& name) {
  const auto start = read_all(files, 6);
  if (as_text(start) != "070701" && as_text(start) != "070702")
    throw failure(fmt::format("'{}': the rpm package's files are not a cpio archive, as it is or "
                              "compressed with xz, zstd, gzip or lz4",
                              name),
                  "Unpack it with rpm2archive, and name the kernel in it.");
}

bool is_kernel(const archive_member& member) {
  std::string_view path = member.name;
  while (path.starts_with("./") || path.starts_with("/"))
    path.remove_prefix(path.front() == '.' ? 2 : 1);
  constexpr std::array<std::string_view, 4> places = {"boot/", "lib/modules/", "usr/lib/modules/",
                                                      "usr/lib/debug/"};
  const bool in_place = std::ranges::any_of(
      places, [path](std::string_view place) { return path.starts_with(place); });
  if (!member.has_content || !in_place)
    return false;
  const auto file = path.substr(path.rfind('/') + 1);
  constexpr std::size_t stem = std::string_view("vmlinuz").size();
  if (!file.starts_with("vmlinuz") && !file.starts_with("vmlinux"))
    return false;
  // Exclude vmlinux-gdb.py and the like.
  return file.size() == stem ||
         (file[stem] == '-' && !leading_release(file.substr(stem + 1)).empty());
}

}  // namespace

std::string_view package_format(std::span<const std::uint8_t> bytes) {
  if (as_text(bytes).starts_with("!<arch>\n"))
    return "deb";
  if (as_text(bytes).starts_with("\xed\xab\xee\xdb"))
    return "rpm";
  return {};
}

std::vector<std::uint8_t> read_packaged_kernel(std::vector<std::uint8_t> package,
                                               const std::string& name, std::string& member_name) {
  const bool is_rpm = package_format(package) == "rpm";
  const auto [payload, control] =
      find_parts(package, is_rpm ? archive_kind::rpm : archive_kind::ar, name);
  package = std::vector<std::uint8_t>();  // free the memory
  const auto files = open_compressed(payload, {name, package_limit, compressed_tail::refused});
  if (is_rpm)
    check_cpio(*open_compressed(payload, {name, package_limit, compressed_tail::refused}), name);
  archive_reader reader(*files, is_rpm ? archive_kind::cpio : archive_kind::tar, name);
  while (const auto member = reader.next()) {
    if (is_kernel(*member)) {
      member_name = member->name;
      return reader.content(kernel_limit);
    }
  }
  const auto needed = package_of_image(control, name);
  if (!needed.empty())
    throw failure(fmt::format("'{}': the package has no kernel", name),
                  fmt::format("It depends on the package with the image. Name that package: {}.",
                              printable(needed)));
  throw failure(fmt::format("'{}': the package has no kernel", name),
                "Name the package with the image: Debian's linux-image-* or, newer, "
                "linux-binary-*, Ubuntu's linux-image-*, Fedora's kernel-core-*.");
}

}  // namespace ebpfkit::host
