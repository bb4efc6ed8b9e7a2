#include "relocation/btf_ext.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "btf/btf_format.hpp"
#include "relocation/byte_reader.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr const char* object_is_damaged = "The object is damaged; compile it again.";

// .BTF and .BTF.ext begin with the same magic number.
std::endian byte_order_of(std::span<const std::uint8_t> bytes, std::string_view what) {
  if (const auto order = btf_byte_order(bytes))
    return *order;
  throw failure(fmt::format("{} does not begin with the magic number 0xeB9F", what),
                object_is_damaged);
}

// A relocation takes some hundred bytes of memory while it is resolved. Large programs have some
// ten thousand.
constexpr std::size_t most_relocations = 200000;
constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

struct record_layout {
  std::string_view what;
  std::uint32_t minimum_size;
  std::size_t most_records;
};

// Parses one of the three parts. A part has the size of a record, then for each ELF section its
// name, the number of its records, and the records.
template <class Record, class ReadRecord>
std::vector<section_records<Record>> parse_part(const byte_reader& part,
                                                const record_layout& layout, ReadRecord read) {
  std::vector<section_records<Record>> sections;
  if (part.size() == 0)
    return sections;
  const auto record_size = part.u32(0);
  if (record_size < layout.minimum_size || record_size % 4 != 0)
    throw failure(fmt::format(".BTF.ext has {} records of {} bytes (expected: {} or more)",
                              layout.what, record_size, layout.minimum_size),
                  object_is_damaged);
  std::size_t offset = 4;
  std::size_t records = 0;
  while (offset < part.size()) {
    section_records<Record> section{part.u32(offset), {}};
    const auto count = part.u32(offset + 4);
    offset += 8;
    if (count > (part.size() - offset) / record_size)
      throw failure(fmt::format(".BTF.ext is too short for its {} {} records", count, layout.what),
                    object_is_damaged);
    records += count;
    if (records > layout.most_records)
      throw failure(
          fmt::format(".BTF.ext has more than {} {} records", layout.most_records, layout.what),
          "Check where the object comes from. If you trust it, make several objects of it.");
    section.records.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i, offset += record_size)
      section.records.push_back(read(part.part(offset, record_size)));
    sections.push_back(std::move(section));
  }
  return sections;
}

function_record read_function(const byte_reader& record) {
  return {record.u32(0), record.u32(4)};
}

line_record read_line(const byte_reader& record) {
  const auto line_and_column = record.u32(12);
  return {record.u32(0), record.u32(4), record.u32(8), line_and_column >> 10,
          line_and_column & 0x3ff};
}

relocation_record read_relocation(const byte_reader& record) {
  return {record.u32(0), record.u32(4), record.u32(8),
          static_cast<relocation_kind>(record.u32(12))};
}

}  // namespace

// struct btf_ext_header of libbpf: magic, version, flags and header size, then offset and size of
// each part. Offsets count from the end of the header.
btf_ext parse_btf_ext(std::span<const std::uint8_t> bytes) {
  const byte_reader reader(bytes, byte_order_of(bytes, ".BTF.ext"), ".BTF.ext");
  if (reader.u8(2) != 1)
    throw failure(fmt::format(".BTF.ext has the unknown version {} (known: 1)", reader.u8(2)));
  const auto header_size = reader.u32(4);
  if (header_size < 24 || header_size > bytes.size())
    throw failure(fmt::format(".BTF.ext has a header of {} bytes", header_size), object_is_damaged);
  const auto part = [&](std::size_t field) {
    if (field + 8 > header_size)
      return reader.part(0, 0);
    const auto body = reader.part(header_size, bytes.size() - header_size);
    return body.part(reader.u32(field), reader.u32(field + 4));
  };
  return {parse_part<function_record>(part(8), {"function", 8, any_number}, read_function),
          parse_part<line_record>(part(16), {"line", 16, any_number}, read_line),
          parse_part<relocation_record>(part(24), {"relocation", 16, most_relocations},
                                        read_relocation)};
}

btf_text::btf_text(std::span<const std::uint8_t> btf) {
  const byte_reader reader(btf, byte_order_of(btf, ".BTF"), ".BTF");
  const auto header_size = reader.u32(4);
  const auto offset = std::size_t{header_size} + reader.u32(16);
  const auto size = reader.u32(20);
  reader.part(offset, size);
  text_ = {reinterpret_cast<const char*>(btf.data()) + offset, size};
  if (text_.empty() || text_.back() != '\0')
    throw failure("the BTF string section does not end with a NUL byte", object_is_damaged);
}

untrusted_text btf_text::at(std::uint32_t offset) const {
  if (offset >= text_.size())
    throw failure(fmt::format("a text is at {}, beyond the BTF string section", offset),
                  object_is_damaged);
  return untrusted_text(text_.substr(offset, text_.find('\0', offset) - offset));
}

}  // namespace ebpfkit::host
