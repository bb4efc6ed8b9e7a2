#include "input/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <string_view>

#include "input/btf_file_name.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t step_size = std::size_t{64} << 10;

std::string_view kind_name(archive_kind kind) {
  switch (kind) {
    case archive_kind::ar:
      return "ar archive";
    case archive_kind::tar:
      return "tar archive";
    case archive_kind::cpio:
      return "cpio archive";
    case archive_kind::rpm:
      break;
  }
  return "rpm package";
}

// One format only: libarchive would try whatever fits, and run programs for compression that it was
// built without.
int support_kind(archive* handle, archive_kind kind) {
  switch (kind) {
    case archive_kind::ar:
      return archive_read_support_format_ar(handle);
    case archive_kind::tar:
      return archive_read_support_format_tar(handle);
    case archive_kind::cpio:
      return archive_read_support_format_cpio(handle);
    case archive_kind::rpm:
      break;
  }
  return std::min(archive_read_support_filter_rpm(handle), archive_read_support_format_raw(handle));
}

// libarchive converts the names in pax headers to the locale's character set, and calls it damage
// where it cannot.
class utf8_locale {
 public:
  utf8_locale()
      : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), former_(::uselocale(own_)) {}
  ~utf8_locale() {
    ::uselocale(former_);
    if (own_ != nullptr)
      ::freelocale(own_);
  }
  utf8_locale(const utf8_locale&) = delete;
  utf8_locale& operator=(const utf8_locale&) = delete;

 private:
  locale_t own_;
  locale_t former_;
};

std::string_view text_or_empty(const char* text) {
  return text == nullptr ? std::string_view() : text;
}

}  // namespace

void archive_closer::operator()(archive* handle) const {
  archive_read_free(handle);
}

archive_reader::archive_reader(byte_stream& source, archive_kind kind, std::string name)
    : source_(source),
      kind_(kind),
      name_(std::move(name)),
      buffer_(step_size),
      handle_(archive_read_new()) {
  if (!handle_)
    throw std::bad_alloc();
  if (support_kind(handle_.get(), kind) != ARCHIVE_OK ||
      archive_read_open(handle_.get(), this, nullptr, read_source, nullptr) != ARCHIVE_OK)
    fail();
}

la_ssize_t archive_reader::read_source(archive* /*handle*/, void* reader, const void** bytes) {
  auto& self = *static_cast<archive_reader*>(reader);
  try {
    const auto taken = self.source_.take(self.buffer_);
    *bytes = taken.data();
    return static_cast<la_ssize_t>(taken.size());
  } catch (...) {
    self.source_error_ = std::current_exception();
    return ARCHIVE_FATAL;
  }
}

void archive_reader::fail() const {
  if (source_error_)
    std::rethrow_exception(source_error_);
  const auto reason = printable(text_or_empty(archive_error_string(handle_.get())));
  throw failure(
      fmt::format("'{}': the {} is truncated or damaged ({})", name_, kind_name(kind_), reason),
      "Get the file again, or unpack it yourself and name what is in it.");
}

std::optional<archive_member> archive_reader::next() {
  const utf8_locale locale;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(handle_.get(), &entry);
  if (result == ARCHIVE_EOF)
    return std::nullopt;
  // Warnings tell of damage that libarchive has a way around.
  if (result != ARCHIVE_OK)
    fail();
  member_name_ = text_or_empty(archive_entry_pathname(entry));
  member_size_ = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry)));
  // Of a file with several names, tar has the content at the first and cpio at the last.
  return archive_member{member_name_,
                        archive_entry_filetype(entry) == AE_IFREG && member_size_ > 0};
}

std::size_t archive_reader::read(std::span<std::uint8_t> out) {
  const auto count = archive_read_data(handle_.get(), out.data(), out.size());
  if (count < 0)
    fail();
  return static_cast<std::size_t>(count);
}

std::vector<std::uint8_t> archive_reader::content(std::uint64_t limit) {
  if (member_size_ > limit)
    throw failure(fmt::format("'{}': '{}' in the {} has more than {} bytes", name_,
                              printable(member_name_), kind_name(kind_), limit),
                  "No BTF and no kernel is that large: check where the file comes from.");
  auto all = read_all(*this, member_size_);
  all.resize(member_size_);  // libarchive leaves out a hole at the end
  return all;
}

bool is_tar(std::span<const std::uint8_t> bytes) {
  const std::unique_ptr<archive, archive_closer> handle(archive_read_new());
  archive_entry* entry = nullptr;
  // libarchive takes zeros for an archive that ends at once.
  return handle && support_kind(handle.get(), archive_kind::tar) == ARCHIVE_OK &&
         archive_read_open_memory(handle.get(), bytes.data(), bytes.size()) == ARCHIVE_OK &&
         archive_read_next_header(handle.get(), &entry) != ARCHIVE_EOF &&
         archive_format(handle.get()) != 0;
}

std::vector<std::uint8_t> read_single_member(std::span<const std::uint8_t> tar,
                                             const std::string& name, std::string& member_name) {
  constexpr std::size_t names_shown = 10;
  constexpr std::uint64_t content_limit = std::uint64_t{1} << 30;  // holes may make it this large

  memory_stream source(tar);
  archive_reader reader(source, archive_kind::tar, name);
  std::vector<std::string> names;
  std::size_t btf_count = 0;
  std::vector<std::uint8_t> content;
  while (auto member = reader.next()) {
    if (!member->has_content)
      continue;
    const bool is_first_btf = member->name.ends_with(btf_suffixes.front()) && ++btf_count == 1;
    if (names.empty() || is_first_btf) {
      content = reader.content(content_limit);
      member_name = member->name;
    }
    names.push_back(std::move(member->name));
  }
  if (names.size() == 1 || btf_count == 1)
    return content;
  throw failure(
      names.empty()
          ? fmt::format("'{}': the tar archive has no file with content", name)
          : fmt::format("'{}': the tar archive has several files and not exactly one *.btf: {}",
                        name, list_names(names, names_shown)),
      "Unpack it, and name the BTF that is meant.");
}

}  // namespace ebpfkit::host
