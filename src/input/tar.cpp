#include "input/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "input/text.hpp"
#include "support/failure.hpp"

namespace ebpfkit {

namespace {

constexpr std::size_t block_size = 512;
using block = std::array<std::uint8_t, block_size>;

// Long names and pax records are of a few hundred bytes.
constexpr std::uint64_t extension_limit = std::uint64_t{1} << 20;

// Where struct posix_header of <tar.h> has its fields.
struct field {
  std::size_t offset;
  std::size_t size;
};
constexpr field name_field{0, 100};
constexpr field size_field{124, 12};
constexpr field checksum_field{148, 8};
constexpr std::size_t type_offset = 156;
constexpr field magic_field{257, 5};
constexpr field prefix_field{345, 155};

std::string_view text_of(std::span<const std::uint8_t> header, field at) {
  const std::string_view text(reinterpret_cast<const char*>(header.data()) + at.offset, at.size);
  return text.substr(0, text.find('\0'));
}

// A number in octal digits, or, with the top bit set, in base 256 (GNU tar, for 8 GiB and more).
std::optional<std::uint64_t> number_of(std::span<const std::uint8_t> header, field at) {
  const auto bytes = header.subspan(at.offset, at.size);
  std::uint64_t value = 0;
  if ((bytes[0] & 0x80) != 0) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (value >> 56 != 0)
        return std::nullopt;
      value = value << 8 | (i == 0 ? bytes[i] & 0x7fU : bytes[i]);
    }
    return value;
  }
  auto text = text_of(header, at);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text = text.substr(0, text.find(' '));
  if (text.empty())
    return 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value, 8);
  if (error != std::errc() || end != text.end())
    return std::nullopt;
  return value;
}

bool checksum_is_right(std::span<const std::uint8_t> header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    const bool in_checksum =
        i >= checksum_field.offset && i < checksum_field.offset + checksum_field.size;
    sum += in_checksum ? ' ' : header[i];
  }
  return number_of(header, checksum_field) == sum;
}

bool is_all_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
}

std::uint64_t padding_of(std::uint64_t size) {
  return (block_size - size % block_size) % block_size;
}

// Links, devices, directories and pipes: whatever their size field says, nothing follows.
bool has_no_content(char type) {
  return type >= '1' && type <= '6';
}

}  // namespace

bool is_tar(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= block_size && !is_all_zero(bytes.first(block_size)) &&
         checksum_is_right(bytes.first(block_size));
}

tar_reader::tar_reader(byte_stream& stream, std::string name)
    : stream_(stream), name_(std::move(name)) {}

void tar_reader::fail(const std::string& problem) const {
  throw failure(fmt::format("'{}': the tar archive {}", name_, problem),
                "Get the file again, or unpack it yourself and name what is in it.");
}

std::optional<tar_member> tar_reader::next() {
  extensions found;
  for (;;) {
    skip(unread_);
    content_size_ = unread_ = 0;
    block header;
    const auto got = stream_.read(header);
    if (got == 0 || (got == header.size() && is_all_zero(header)))
      return std::nullopt;
    if (got < header.size())
      fail("is truncated");
    if (!checksum_is_right(header))
      fail("is damaged (a header's checksum is wrong)");

    const char type = static_cast<char>(header[type_offset]);
    auto size = number_of(header, size_field);
    if (!size)
      fail("is damaged (a member's size is not a number)");
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
      if (*size > extension_limit)
        fail(fmt::format("is damaged (an extended header of {} bytes)", *size));
      const auto data = read_content(*size);
      skip(padding_of(*size));
      if (type == 'x')
        apply_pax_records(data, found);
      else if (type == 'L')
        found.name.assign(data.begin(), std::find(data.begin(), data.end(), 0));
      continue;
    }

    if (found.size)
      size = found.size;
    if (has_no_content(type))
      size = 0;
    if (*size > std::numeric_limits<std::uint64_t>::max() - block_size)
      fail(fmt::format("is damaged (a member of {} bytes)", *size));
    member_name_ = found.name;
    if (member_name_.empty()) {
      const auto prefix =
          text_of(header, magic_field) == "ustar" ? text_of(header, prefix_field) : "";
      member_name_ =
          fmt::format("{}{}{}", prefix, prefix.empty() ? "" : "/", text_of(header, name_field));
    }
    if (type == 'S')
      fail(fmt::format("has the sparse member '{}'", printable(member_name_)));
    content_size_ = *size;
    unread_ = *size + padding_of(*size);
    const bool is_regular = type == '0' || type == '\0' || type == '7';
    return tar_member{member_name_, *size, is_regular};
  }
}

std::vector<std::uint8_t> tar_reader::content(std::uint64_t limit) {
  if (content_size_ > limit)
    fail(fmt::format("has the member '{}' of {} bytes; at most {} are accepted",
                     printable(member_name_), content_size_, limit));
  auto data = read_content(content_size_);
  unread_ -= content_size_;
  content_size_ = 0;
  return data;
}

std::vector<std::uint8_t> tar_reader::read_content(std::uint64_t size) {
  constexpr std::uint64_t first_step = std::uint64_t{64} << 10;
  std::vector<std::uint8_t> data;
  while (data.size() < size) {
    const auto used = data.size();
    data.resize(std::min<std::uint64_t>(size, std::max<std::uint64_t>(used * 2, first_step)));
    const auto got = stream_.read(std::span(data).subspan(used));
    if (used + got < data.size())
      fail("is truncated");
  }
  return data;
}

void tar_reader::skip(std::uint64_t size) {
  std::array<std::uint8_t, 65536> scratch;
  while (size > 0) {
    const auto wanted = std::min<std::uint64_t>(size, scratch.size());
    if (stream_.read(std::span(scratch).first(wanted)) < wanted)
      fail("is truncated");
    size -= wanted;
  }
}

// Records are "LENGTH KEY=VALUE\n"; the length counts the whole record (pax(1), "pax Extended
// Header").
void tar_reader::apply_pax_records(std::span<const std::uint8_t> records, extensions& found) const {
  std::string_view rest(reinterpret_cast<const char*>(records.data()), records.size());
  while (!rest.empty() && rest.front() != '\0') {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(rest.begin(), rest.end(), length);
    const auto digits = static_cast<std::size_t>(end - rest.begin());
    if (error != std::errc() || length > rest.size() || length < digits + 2 ||
        rest[digits] != ' ' || rest[length - 1] != '\n')
      fail("is damaged (a pax record)");
    const auto record = rest.substr(digits + 1, length - digits - 2);
    rest.remove_prefix(length);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos)
      fail("is damaged (a pax record without '=')");
    const auto key = record.substr(0, equals);
    const auto value = record.substr(equals + 1);
    if (key == "path") {
      found.name = value;
    } else if (key == "size") {
      std::uint64_t size = 0;
      const auto parsed = std::from_chars(value.begin(), value.end(), size);
      if (parsed.ec != std::errc() || parsed.ptr != value.end())
        fail("is damaged (the size in a pax record)");
      found.size = size;
    } else if (key.starts_with("GNU.sparse.")) {
      fail("has a sparse member");
    }
  }
}

std::vector<std::uint8_t> read_single_member(std::span<const std::uint8_t> archive,
                                             const std::string& name, std::string& member_name) {
  struct candidate {
    std::string name;
    std::vector<std::uint8_t> content;
  };
  constexpr std::size_t names_shown = 10;
  const auto is_btf = [](const candidate& each) { return each.name.ends_with(".btf"); };

  memory_stream stream(archive);
  tar_reader reader(stream, name);
  std::vector<candidate> files;
  while (const auto member = reader.next()) {
    // No more can be read than the archive has, which is in memory already.
    if (member->is_regular)
      files.push_back({member->name, reader.content(std::numeric_limits<std::uint64_t>::max())});
  }

  auto chosen = files.begin();
  if (files.size() != 1) {
    if (std::ranges::count_if(files, is_btf) != 1) {
      std::vector<std::string> names;
      for (const auto& file : files)
        names.push_back(file.name);
      throw failure(
          files.empty()
              ? fmt::format("'{}': the tar archive has no regular file", name)
              : fmt::format("'{}': the tar archive has several files and not exactly one *.btf: {}",
                            name, list_names(names, names_shown)),
          "Unpack it, and name the BTF that is meant.");
    }
    chosen = std::ranges::find_if(files, is_btf);
  }
  member_name = chosen->name;
  return std::move(chosen->content);
}

}  // namespace ebpfkit
