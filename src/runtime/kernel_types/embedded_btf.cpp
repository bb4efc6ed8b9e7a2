#include "embedded_btf.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return number;
}

std::uint64_t wide_number_at(std::string_view bytes, std::size_t offset) {
  return std::uint64_t{number_at(bytes, offset + 4)} << 32 | number_at(bytes, offset);
}

void put_number(std::string& bytes, std::size_t offset, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i)
    bytes[offset + i] = static_cast<char>(number >> 8 * i);
}

// Reads a sequence of varints and bytes. After a read beyond the end, is_sound() is false and all
// reads return zeros.
class sequence {
 public:
  explicit sequence(std::string_view bytes) : rest_(bytes) {}

  bool is_sound() const { return is_sound_; }
  bool is_at_end() const { return rest_.empty(); }
  std::string_view unread() const { return rest_; }

  // Not inline, because one kernel's line in the index alone calls them six times.
  [[gnu::noinline]] std::uint64_t varint();
  [[gnu::noinline]] std::string_view take(std::uint64_t size);
  std::uint64_t wide_number();

 private:
  std::string_view rest_;
  bool is_sound_ = true;
};

std::uint64_t sequence::varint() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = take(1);
    if (byte.empty())
      return 0;
    const auto bits = static_cast<unsigned char>(byte[0]);
    number |= std::uint64_t{bits & 0x7fU} << shift;
    if (bits < 0x80)
      return number;
  }
  is_sound_ = false;
  return 0;
}

std::uint64_t sequence::wide_number() {
  const auto bytes = take(8);
  return bytes.empty() ? 0 : wide_number_at(bytes, 0);
}

std::string_view sequence::take(std::uint64_t size) {
  if (size > rest_.size()) {
    is_sound_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken(rest_.data(), static_cast<std::size_t>(size));
  rest_.remove_prefix(taken.size());
  return taken;
}

std::uint64_t signed_number(std::uint64_t varint) {
  return varint >> 1 ^ (0 - (varint & 1));
}

std::uint32_t scaled_number(std::uint64_t varint) {
  return static_cast<std::uint32_t>(signed_number(varint >> 1) * ((varint & 1) != 0 ? 1 : 8));
}

// Unpacks `packed`. Returns nothing unless the result has exactly `size` bytes.
std::optional<std::string> unpack(std::string_view packed, std::uint64_t size) {
  // Refuse a size that deflate cannot pack into these bytes.
  if (size / 1100 > packed.size() || size > UINT32_MAX)
    return std::nullopt;
  std::string unpacked(static_cast<std::size_t>(size), '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return std::nullopt;
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (status != Z_STREAM_END || stream.avail_out != 0 || stream.avail_in != 0)
    return std::nullopt;
  return unpacked;
}

// Blobs that are packed together.
struct blob_group {
  std::uint64_t first_blob = 0;
  std::uint64_t blob_count = 0;
  std::uint64_t unpacked_size = 0;
  std::uint64_t checksum = 0;
  std::string_view packed;
};

// Replaces `group` by the group that follows it. Start with an empty one.
void read_group(sequence& index, sequence& data, blob_group& group) {
  group.first_blob += group.blob_count;
  group.blob_count = index.varint();
  group.unpacked_size = index.varint();
  group.packed = data.take(index.varint());
  group.checksum = index.wide_number();
}

// A blob as a group stores it.
struct written_blob {
  std::uint64_t back = 0;  // 0: `bytes` are the blob's bytes
  std::string_view bytes;
  sequence differences = sequence({});  // to the blob `back` places before this one
  std::size_t next = 0;                 // the next blob on the way to the wanted one
};

// Reads a blob and moves `rest` past all of its differences.
written_blob read_blob(sequence& rest) {
  written_blob blob;
  blob.back = rest.varint();
  if (blob.back == 0) {
    blob.bytes = rest.take(rest.varint());
    return blob;
  }
  blob.differences = rest;
  while (const auto step = rest.varint()) {
    rest.varint();
    if ((step & 1) != 0)
      rest.varint();
  }
  return blob;
}

void add_to_word(std::string& bytes, std::size_t word, std::uint32_t difference) {
  const bool is_big_endian = static_cast<unsigned char>(bytes[0]) == 0xeb;
  const auto swapped = [&](std::uint32_t number) {
    return is_big_endian ? __builtin_bswap32(number) : number;
  };
  put_number(bytes, word * 4, swapped(swapped(number_at(bytes, word * 4)) + difference));
}

// Applies the differences to `bytes`. False when a difference lies beyond the end.
bool apply(sequence differences, std::string& bytes) {
  const std::size_t words = bytes.size() / 4;
  std::uint64_t next = 0;  // the index after the word of the last difference
  while (const auto step = differences.varint()) {
    const auto difference = scaled_number(differences.varint());
    const auto more = (step & 1) != 0 ? differences.varint() : 0;
    const auto way = step >> 1;
    if (way == 0 || way > words - next || more > words)
      return false;
    next += way;
    const auto last = next - 1 + more * embedded_run_stride;
    if (last >= words)
      return false;
    for (auto word = next - 1; word <= last; word += embedded_run_stride)
      add_to_word(bytes, static_cast<std::size_t>(word), difference);
  }
  return differences.is_sound();
}

// Whether `key` is four texts, separated by zeros.
bool is_key(std::string_view key) {
  return key.size() <= embedded_key_most && std::count(key.begin(), key.end(), '\0') == 3;
}

}  // namespace

std::uint64_t embedded_checksum(std::string_view bytes, std::uint64_t begin) {
  constexpr std::uint64_t prime = 0x100000001b3;
  for (const char byte : bytes)
    begin = (begin ^ static_cast<unsigned char>(byte)) * prime;
  return begin;
}

std::optional<embedded_btf_reader> embedded_btf_reader::open(std::string_view bytes,
                                                             const char*& problem) {
  std::optional<embedded_btf_reader> opened(std::in_place);
  problem = opened->read(bytes);
  if (problem)
    opened.reset();
  return opened;
}

const char* embedded_btf_reader::read(std::string_view bytes) {
  if (bytes.size() < embedded_header_size ||
      first(bytes, embedded_btf_magic.size()) != embedded_btf_magic)
    return "these are not the bytes that ebpf_embed_btf() makes";
  if (number_at(bytes, 8) != embedded_btf_version)
    return "the embedded BTF is of another version of EbpfKit";
  const auto kernel_count = number_at(bytes, 12);
  blob_count_ = number_at(bytes, 16);
  const std::uint64_t unpacked_size = number_at(bytes, 20);
  const std::uint64_t packed_size = number_at(bytes, 24);
  const std::uint64_t data_size = number_at(bytes, 28);
  if (embedded_header_size + packed_size + data_size != bytes.size())
    return "the embedded BTF is damaged: its size is wrong";
  const std::string_view packed(bytes.data() + embedded_header_size,
                                static_cast<std::size_t>(packed_size));
  const std::string_view data(packed.data() + packed.size(), static_cast<std::size_t>(data_size));
  const auto checksum =
      embedded_checksum(packed, embedded_checksum(first(bytes, embedded_checksum_offset)));
  if (checksum != wide_number_at(bytes, embedded_checksum_offset))
    return "the embedded BTF is damaged: the checksum of its index is wrong";
  const auto index = unpack(packed, unpacked_size);
  if (!index || !read_index(*index, kernel_count, data))
    return "the embedded BTF is damaged: its index is wrong";
  return nullptr;
}

bool embedded_btf_reader::read_index(std::string_view index, std::uint32_t kernel_count,
                                     std::string_view data) {
  sequence rest(index);
  const auto has_build = rest.varint();
  if (has_build > 1)
    return false;
  if (has_build == 1) {
    const auto key = rest.take(rest.varint());
    if (!is_key(key))
      return false;
    keys_ = joined({key, {"\0", 1}});
    build_version_ = rest.take(rest.varint());
    build_task_offsets_ = rest.take(rest.varint());
    const auto blob_of_build = rest.varint();
    if (blob_of_build >= blob_count_)
      return false;
    build_ = kernel_entry{0, static_cast<std::uint32_t>(blob_of_build)};
  }
  std::string_view before;
  std::string key;
  std::uint64_t blob = 0;
  // Each kernel has at least four bytes.
  if (kernel_count > index.size() / 4)
    return false;
  kernels_ = std::vector<kernel_entry>(kernel_count);
  for (auto& kernel : kernels_) {
    const auto first = rest.varint();
    const auto last = rest.varint();
    const auto own = rest.take(rest.varint());
    blob += signed_number(rest.varint());
    if (first > before.size() || last > before.size() - first || blob >= blob_count_)
      return false;
    key = joined({{before.data(), static_cast<std::size_t>(first)},
                  own,
                  {before.data() + before.size() - last, static_cast<std::size_t>(last)}});
    if (!is_key(key))
      return false;
    kernel = {static_cast<std::uint32_t>(keys_.size()), static_cast<std::uint32_t>(blob)};
    // Includes the zero after the key.
    keys_.append(key.c_str(), key.size() + 1);
    before = {keys_.data() + kernel.key, key.size()};
  }
  groups_ = rest.unread();
  data_ = data;
  blob_group group;
  sequence packed(data);
  while (rest.is_sound() && !rest.is_at_end()) {
    read_group(rest, packed, group);
    if (group.blob_count == 0 || group.blob_count > blob_count_ - group.first_blob)
      return false;
  }
  return rest.is_sound() && packed.is_sound() && packed.is_at_end() &&
         group.first_blob + group.blob_count == blob_count_;
}

embedded_kernel embedded_btf_reader::kernel(std::uint32_t index) const {
  return kernel_of(kernels_[index]);
}

std::optional<embedded_build_kernel> embedded_btf_reader::build_kernel() const {
  if (!build_)
    return std::nullopt;
  return embedded_build_kernel{kernel_of(*build_), build_version_, build_task_offsets_};
}

embedded_kernel embedded_btf_reader::kernel_of(const kernel_entry& entry) const {
  const char* text = keys_.c_str() + entry.key;
  const auto next = [&text] {
    const std::string_view found(text);
    text += found.size() + 1;
    return found;
  };
  embedded_kernel found;
  found.architecture = next();
  found.release = next();
  found.distribution = next();
  found.distribution_version = next();
  found.blob = entry.blob;
  return found;
}

std::pair<std::uint32_t, std::uint32_t> embedded_btf_reader::find(std::string_view architecture,
                                                                  std::string_view release) const {
  const auto compare = [&](std::uint32_t index) {
    const auto found = kernel(index);
    const int order = found.architecture.compare(architecture);
    return order != 0 ? order : found.release.compare(release);
  };
  std::uint32_t first = 0;
  for (std::uint32_t end = kernel_count(); first < end;) {
    const auto middle = first + (end - first) / 2;
    if (compare(middle) < 0)
      first = middle + 1;
    else
      end = middle;
  }
  auto behind = first;
  while (behind < kernel_count() && compare(behind) == 0)
    ++behind;
  return {first, behind};
}

std::optional<std::string> embedded_btf_reader::blob(std::uint32_t index) const {
  if (index >= blob_count_)
    return std::nullopt;
  sequence groups(groups_);
  sequence data(data_);
  blob_group group;
  do
    read_group(groups, data, group);
  while (groups.is_sound() && index - group.first_blob >= group.blob_count);
  if (embedded_checksum(group.packed) != group.checksum)
    return std::nullopt;
  const auto unpacked = unpack(group.packed, group.unpacked_size);
  if (!unpacked)
    return std::nullopt;

  const auto wanted = static_cast<std::size_t>(index - group.first_blob);
  // Each blob has at least two bytes.
  if (wanted >= unpacked->size() / 2)
    return std::nullopt;
  std::vector<written_blob> blobs(wanted + 1);
  sequence rest(*unpacked);
  for (auto& blob : blobs)
    blob = read_blob(rest);
  if (!rest.is_sound())
    return std::nullopt;
  // Go back from the wanted blob to one that is stored with its bytes. Then go forward again and
  // apply the differences.
  auto at = wanted;
  while (const auto back = blobs[at].back) {
    if (back > at)
      return std::nullopt;
    const auto before = at - static_cast<std::size_t>(back);
    blobs[before].next = at;
    at = before;
  }
  std::string bytes(blobs[at].bytes);
  while (at != wanted) {
    at = blobs[at].next;
    if (!apply(blobs[at].differences, bytes))
      return std::nullopt;
  }
  return bytes;
}

}  // namespace ebpfkit::detail
