#include "input/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "input/btf_file_name.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t read_size = std::size_t{64} << 10;

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

// Enables one format only. libarchive would otherwise try every format, and would run programs for
// the compression formats that it was built without.
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

// Sets a UTF-8 locale. libarchive converts the names in pax headers to the locale's character set,
// and reports damage when it cannot.
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
      buffer_(read_size),
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
  // A warning reports damage that libarchive can work around.
  if (result != ARCHIVE_OK)
    fail();
  member_name_ = text_or_empty(archive_entry_pathname(entry));
  member_read_ = 0;
  member_size_ = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry)));
  // When a file has several names, tar stores the content with the first and cpio with the last.
  return archive_member{member_name_,
                        archive_entry_filetype(entry) == AE_IFREG && member_size_ > 0};
}

std::size_t archive_reader::read(std::span<std::uint8_t> out) {
  const auto count = archive_read_data(handle_.get(), out.data(), out.size());
  if (count < 0)
    fail();
  auto filled = static_cast<std::size_t>(count);
  member_read_ += filled;
  // libarchive leaves out a hole at the end.
  if (filled < out.size() && member_read_ < member_size_) {
    const auto hole = std::min<std::uint64_t>(out.size() - filled, member_size_ - member_read_);
    std::ranges::fill(out.subspan(filled, hole), std::uint8_t{0});
    filled += hole;
    member_read_ += hole;
  }
  return filled;
}

std::optional<failure> archive_reader::problem_of_size(std::uint64_t limit) const {
  if (member_size_ <= limit)
    return std::nullopt;
  return failure(fmt::format("'{}': '{}' in the {} has more than {} MiB", name_,
                             printable(member_name_), kind_name(kind_), limit >> 20),
                 "Check where the file comes from. If you trust it, unpack it and name the file "
                 "within.");
}

std::vector<std::uint8_t> archive_reader::content(std::uint64_t limit) {
  if (const auto problem = problem_of_size(limit))
    throw failure(*problem);
  return read_all(*this, member_size_);
}

bool is_tar(std::span<const std::uint8_t> bytes) {
  const std::unique_ptr<archive, archive_closer> handle(archive_read_new());
  archive_entry* entry = nullptr;
  // For libarchive, zeros are an archive that ends at once.
  return handle && support_kind(handle.get(), archive_kind::tar) == ARCHIVE_OK &&
         archive_read_open_memory(handle.get(), bytes.data(), bytes.size()) == ARCHIVE_OK &&
         archive_read_next_header(handle.get(), &entry) != ARCHIVE_EOF &&
         archive_format(handle.get()) != 0;
}

std::vector<std::uint8_t> read_single_member(byte_stream& tar, const std::string& name,
                                             std::uint64_t limit, std::string& member_name) {
  constexpr std::size_t names_shown = 10;

  archive_reader reader(tar, archive_kind::tar, name);
  std::vector<std::string> names;  // the first ones
  std::size_t count = 0;
  std::size_t btf_count = 0;
  std::vector<std::uint8_t> content;
  std::optional<failure> too_large;
  while (auto member = reader.next()) {
    if (!member->has_content)
      continue;
    const bool is_first_btf = member->name.ends_with(btf_suffixes.front()) && ++btf_count == 1;
    if (++count == 1 || is_first_btf) {
      too_large = reader.problem_of_size(limit);
      content = std::vector<std::uint8_t>();  // never two at once
      if (!too_large)
        content = reader.content(limit);
      member_name = member->name;
    }
    if (names.size() <= names_shown)
      names.push_back(std::move(member->name));
  }
  if (count != 1 && btf_count != 1)
    throw failure(
        count == 0
            ? fmt::format("'{}': the tar archive has no file with content", name)
            : fmt::format("'{}': the tar archive has several files and not exactly one *.btf: {}",
                          name, list_names(names, names_shown)),
        "Unpack it, and name the BTF that is meant.");
  if (too_large)
    throw failure(*too_large);
  return content;
}

}  // namespace ebpfkit::host
