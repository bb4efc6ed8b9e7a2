#include "input/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "input/archive.hpp"
#include "input/btf_cache.hpp"
#include "input/decompress.hpp"
#include "input/kernel_release.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// A kernel with all its debug information has some 700 MB. The package around it has several GB.
// None of it stays in memory.
constexpr std::uint64_t kernel_limit = std::uint64_t{2} << 30;
constexpr std::uint64_t package_limit = std::uint64_t{32} << 30;

// Returns the description in a deb package, or an empty text when it cannot be read: then the
// package tells less about itself. `control` is the package's control.tar.
std::string description_of_deb(byte_stream& control, const decompression_options& options) {
  constexpr std::uint64_t control_limit = std::uint64_t{1} << 20;
  try {
    const auto tar = open_compressed(control, options);
    archive_reader reader(*tar, archive_kind::tar, options.name);
    while (const auto member = reader.next()) {
      if (member->name == "./control" || member->name == "control")
        return std::string(as_text(reader.content(control_limit)));
    }
  } catch (const failure&) {
    // The kernel does not depend on it.
  }
  return {};
}

// Returns the first line of a field (deb-control(5)), from the space behind its colon on.
std::string_view field_of(std::string_view description, std::string_view field) {
  while (!description.empty()) {
    auto line = description.substr(0, description.find('\n'));
    description.remove_prefix(std::min(line.size() + 1, description.size()));
    if (line.starts_with(field) && line.substr(field.size()).starts_with(':'))
      return line.substr(field.size() + 1);
  }
  return {};
}

// Returns the package with an image that a deb package without a kernel depends on: linux-binary-*
// (Debian, since Linux 6.19) or linux-image-* (of a metapackage). Returns an empty text when the
// package's description names none.
std::string_view package_of_image(std::string_view description) {
  for (const std::string_view field : {"Depends", "Pre-Depends"}) {
    const auto depends = field_of(description, field);
    for (const std::string_view prefix : {" linux-binary-", " linux-image-"}) {
      const auto found = depends.find(prefix);
      if (found == std::string_view::npos)
        continue;
      const auto package = depends.substr(found + 1);
      return package.substr(0, package.find_first_of(" ,(|:"));
    }
  }
  return {};
}

// Puts two texts of a stranger together to a name that the BTF cache allows.
std::string distribution_name(std::string_view distribution, std::string_view version) {
  auto name = fmt::format("{}/{}", distribution, version);
  for (char& c : name) {
    if (c != '/' && !is_cache_name(std::string("x") + c))
      c = '_';
  }
  return is_cache_name(name) && std::ranges::count(name, '/') == 1 ? name : std::string();
}

std::string distribution_of_deb(std::string_view description) {
  auto version = field_of(description, "Version");
  version.remove_prefix(std::min(version.find_first_not_of(" \t"), version.size()));
  version = version.substr(0, version.find_last_not_of(" \t\r") + 1);
  const auto maintainer = field_of(description, "Maintainer");
  for (const auto& [word, id] : {std::pair("Ubuntu", "ubuntu"), std::pair("Debian", "debian")}) {
    if (maintainer.find(word) != std::string_view::npos)
      return distribution_name(id, version);
  }
  return distribution_name("linux", version);
}

// `package` begins with the package's lead, which has NAME-VERSION-RELEASE and a NUL in 66 bytes
// (docs/manual/format_lead.md of rpm). Distributions put their own version at the end of RELEASE:
// "kernel-core-6.8.5-301.fc40".
std::string distribution_of_rpm(std::span<const std::uint8_t> package) {
  constexpr std::size_t name_offset = 10;
  constexpr std::size_t name_size = 66;
  if (package.size() < name_offset + name_size)
    return {};
  auto name = as_text(package.subspan(name_offset, name_size));
  name = name.substr(0, name.find('\0'));
  for (const auto& [tag, id] :
       {std::pair(".fc", "fedora"), std::pair(".el", "el"), std::pair(".amzn", "amzn")}) {
    const auto found = name.rfind(tag);
    if (found == std::string_view::npos)
      continue;
    const auto version = name.substr(found + std::string_view(tag).size());
    const auto digits = version.substr(0, version.find_first_not_of("0123456789"));
    if (!digits.empty())
      return distribution_name(id, digits);
  }
  const auto release = name.rfind('-');
  const auto version = release == std::string_view::npos ? release : name.rfind('-', release - 1);
  return version == std::string_view::npos ? std::string()
                                           : distribution_name("linux", name.substr(version + 1));
}

// Refuses packages of rpm 6, and older ones with files of more than 4 GiB: they have the files'
// names only in the package's header, and "07070X" before each content (docs/manual/format_v4.md of
// rpm).
void check_cpio(lookahead_stream& files, const std::string& name) {
  constexpr std::size_t magic_size = 6;
  const auto start = as_text(files.peek(magic_size)).substr(0, magic_size);
  if (start != "070701" && start != "070702")
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

namespace {

// A package that is read up to its kernel. As a stream, it is the kernel's content.
class package_reader : public byte_stream {
 public:
  package_reader(lookahead_stream& package, std::string name,
                 const std::shared_ptr<decoder_memory>& memory)
      : name_(std::move(name)),
        is_rpm_(package_format(package.peek(head_size)) == "rpm"),
        distribution_(is_rpm_ ? distribution_of_rpm(package.peek(head_size)) : std::string()),
        package_(package, is_rpm_ ? archive_kind::rpm : archive_kind::ar, name_) {
    find_files();
    packed_files_ =
        open_compressed(package_, {name_, package_limit, compressed_tail::refused, memory});
    files_.emplace(*packed_files_);
    if (is_rpm_)
      check_cpio(*files_, name_);
    members_.emplace(*files_, is_rpm_ ? archive_kind::cpio : archive_kind::tar, name_);
    find_kernel();
  }

  std::size_t read(std::span<std::uint8_t> out) override { return members_->read(out); }

  const std::string& kernel_name() const { return kernel_name_; }
  const std::string& distribution() const { return distribution_; }

 private:
  static constexpr std::size_t head_size = 96;  // of the lead of an rpm package

  // Goes to the archive with the package's files.
  void find_files() {
    while (const auto member = package_.next()) {
      if (is_rpm_ || member->name.starts_with("data.tar")) {
        if (!is_rpm_)
          distribution_ = distribution_of_deb(description_);
        return;
      }
      // deb(5): control.tar comes before data.tar.
      if (member->name.starts_with("control.tar"))
        description_ = description_of_deb(package_, {.name = name_});
    }
    throw failure(fmt::format("'{}': the package is truncated or has no files", name_),
                  "Get the package again.");
  }

  void find_kernel() {
    while (const auto member = members_->next()) {
      if (!is_kernel(*member))
        continue;
      if (const auto problem = members_->problem_of_size(kernel_limit))
        throw failure(*problem);
      kernel_name_ = member->name;
      return;
    }
    const auto needed = package_of_image(description_);
    if (!needed.empty())
      throw failure(fmt::format("'{}': the package has no kernel", name_),
                    fmt::format("It depends on the package with the image. Name that package: {}.",
                                printable(needed)));
    throw failure(fmt::format("'{}': the package has no kernel", name_),
                  "Name the package with the image: Debian's linux-image-* or, newer, "
                  "linux-binary-*, Ubuntu's linux-image-*, Fedora's kernel-core-*.");
  }

  std::string name_;
  bool is_rpm_;
  std::string distribution_;
  archive_reader package_;
  std::string description_;  // of a deb package
  // Each reads what stands before it.
  std::unique_ptr<byte_stream> packed_files_;
  std::optional<lookahead_stream> files_;
  std::optional<archive_reader> members_;
  std::string kernel_name_;
};

}  // namespace

packaged_kernel open_packaged_kernel(lookahead_stream& package, const std::string& name,
                                     const std::shared_ptr<decoder_memory>& memory) {
  auto reader = std::make_unique<package_reader>(package, name, memory);
  packaged_kernel kernel;
  kernel.member_name = reader->kernel_name();
  kernel.distribution = reader->distribution();
  kernel.content = std::move(reader);
  return kernel;
}

}  // namespace ebpfkit::host
