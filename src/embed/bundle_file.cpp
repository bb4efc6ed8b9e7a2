#include "embed/bundle_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "btf/btf_format.hpp"
#include "embed/embedded_btf_format.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {

namespace {

// About how many bytes of one group a look-up has to unpack.
constexpr std::size_t unpacked_group_size = 16 * 1024;
// A blob can be stored as its differences to an earlier blob. `most_tried` earlier blobs are tried.
// A look-up applies at most `most_steps` differences in a row.
constexpr std::size_t most_tried = 64;
constexpr unsigned most_steps = 8;

void put(std::string& out, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i)
    out.push_back(static_cast<char>(value >> 8 * i));
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::uint64_t signed_varint(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}

std::uint64_t scaled_varint(std::uint32_t difference) {
  const std::int64_t number = static_cast<std::int32_t>(difference);
  return number % 8 == 0 ? signed_varint(number / 8) << 1 : signed_varint(number) << 1 | 1;
}

std::uint32_t checked_size(const std::string& part) {
  if (part.size() > std::numeric_limits<std::uint32_t>::max())
    throw failure("the BTF to embed has more than 4 GB", "Embed fewer kernels: FILTER.");
  return static_cast<std::uint32_t>(part.size());
}

std::string pack(const std::string& content) {
  checked_size(content);
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw failure("zlib has no memory to pack the BTF to embed");
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END)
    throw failure("zlib cannot pack the BTF to embed");
  return packed;
}

using blob_bytes = std::span<const std::uint8_t>;

std::vector<std::uint32_t> words_of(blob_bytes bytes) {
  std::vector<std::uint32_t> words(bytes.size() / 4);
  const bool is_big_endian = !bytes.empty() && bytes[0] == btf_magic >> 8;
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::size_t byte = 0; byte < 4; ++byte)
      words[i] |= std::uint32_t{bytes[i * 4 + byte]} << 8 * (is_big_endian ? 3 - byte : byte);
  }
  return words;
}

// Encodes, in the file's format, what to add to the words `from` to get the words `to`.
std::string differences(const std::vector<std::uint32_t>& from,
                        const std::vector<std::uint32_t>& to) {
  std::vector<std::uint32_t> added(to.size());
  std::ranges::transform(to, from, added.begin(), std::minus());
  std::string text;
  std::size_t next = 0;
  for (std::size_t i = 0; i < added.size(); ++i) {
    const auto difference = added[i];
    if (difference == 0)
      continue;
    std::uint64_t more = 0;
    for (auto run = i + detail::embedded_run_stride; run < added.size() && added[run] == difference;
         run += detail::embedded_run_stride) {
      added[run] = 0;
      ++more;
    }
    put_varint(text, (i + 1 - next) << 1 | (more != 0 ? 1 : 0));
    put_varint(text, scaled_varint(difference));
    if (more != 0)
      put_varint(text, more);
    next = i + 1;
  }
  put_varint(text, 0);
  return text;
}

// Blobs that are compressed together.
class blob_group {
 public:
  void add(blob_bytes bytes) {
    member added{bytes, words_of(bytes), 0};
    std::string best;
    std::size_t back = 0;
    for (std::size_t i = 1; i <= std::min(members_.size(), most_tried); ++i) {
      const auto& other = members_[members_.size() - i];
      if (!is_alike(other.bytes, bytes) || other.steps == most_steps)
        continue;
      auto text = differences(other.words, added.words);
      if (back != 0 && text.size() >= best.size())
        continue;
      best = std::move(text);
      back = i;
      added.steps = other.steps + 1;
    }
    put_varint(text_, back);
    if (back == 0) {
      put_varint(text_, bytes.size());
      text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } else {
      text_ += best;
    }
    members_.push_back(std::move(added));
  }

  bool is_empty() const { return members_.empty(); }
  bool is_full() const { return text_.size() >= unpacked_group_size; }

  // Appends the group to the file's parts and empties it.
  void finish(std::string& index, std::string& data) {
    const auto packed = pack(text_);
    put_varint(index, members_.size());
    put_varint(index, text_.size());
    put_varint(index, packed.size());
    put(index, detail::embedded_checksum(packed), 8);
    data += packed;
    members_.clear();
    text_.clear();
  }

 private:
  struct member {
    blob_bytes bytes;
    std::vector<std::uint32_t> words;
    unsigned steps = 0;
  };

  // True when one blob can be stored as its differences to the other. Differences cover whole words
  // only, and not the first word, which tells the byte order.
  static bool is_alike(blob_bytes left, blob_bytes right) {
    const auto tail = left.size() / 4 * 4;
    return left.size() >= 4 && left.size() == right.size() &&
           std::ranges::equal(left.first(4), right.first(4)) &&
           std::ranges::equal(left.subspan(tail), right.subspan(tail));
  }

  std::vector<member> members_;
  std::string text_;
};

std::string key_of(const kernel_identity& identity) {
  const auto key = identity.architecture + '\0' + identity.release + '\0' + identity.distribution +
                   '\0' + identity.version;
  if (key.size() > detail::embedded_key_most || std::ranges::count(key, '\0') != 3)
    throw failure(fmt::format("'{}': the kernel's name is too long", identity.path_text()),
                  fmt::format("All of it may have {} characters.", detail::embedded_key_most - 3));
  return key;
}

// Appends the part of `key` that differs from the previous key.
void put_key(std::string& out, std::string_view before, std::string_view key) {
  const auto most = std::min(before.size(), key.size());
  const auto first = static_cast<std::size_t>(
      std::ranges::mismatch(before.substr(0, most), key.substr(0, most)).in1 - before.begin());
  std::size_t last = 0;
  while (last < most - first && before[before.size() - 1 - last] == key[key.size() - 1 - last])
    ++last;
  const auto own = key.substr(first, key.size() - first - last);
  put_varint(out, first);
  put_varint(out, last);
  put_varint(out, own.size());
  out += own;
}

}  // namespace

std::string make_bundle_file(std::vector<bundled_kernel>& kernels, bundled_build_kernel* build) {
  std::ranges::sort(kernels, {}, &bundled_kernel::identity);
  // Equal BTF gets one blob. Blobs are numbered in the order of first use.
  std::map<std::string, std::uint32_t> numbers;
  std::string index;
  std::string before;
  std::vector<blob_bytes> blobs;
  const auto number_blob = [&](bundled_kernel& kernel) {
    const auto next = static_cast<std::uint32_t>(blobs.size());
    const auto [entry, is_new] = numbers.emplace(sha256_hex(kernel.btf), next);
    if (is_new)
      blobs.push_back(kernel.btf);
    kernel.blob = entry->second;
  };
  for (auto& kernel : kernels)
    number_blob(kernel);
  put_varint(index, build ? 1 : 0);
  if (build) {
    number_blob(*build);
    for (const auto& text : {key_of(build->identity), build->version, build->task_offsets}) {
      put_varint(index, text.size());
      index += text;
    }
    put_varint(index, build->blob);
  }
  std::int64_t blob_before = 0;
  for (const auto& kernel : kernels) {
    auto key = key_of(kernel.identity);
    put_key(index, before, key);
    put_varint(index, signed_varint(std::int64_t{kernel.blob} - blob_before));
    blob_before = kernel.blob;
    before = std::move(key);
  }

  std::string data;
  blob_group group;
  for (const auto blob : blobs) {
    group.add(blob);
    if (group.is_full())
      group.finish(index, data);
  }
  if (!group.is_empty())
    group.finish(index, data);

  const auto packed = pack(index);
  std::string header(detail::embedded_btf_magic);
  put(header, detail::embedded_btf_version, 4);
  put(header, kernels.size(), 4);
  put(header, blobs.size(), 4);
  put(header, checked_size(index), 4);
  put(header, checked_size(packed), 4);
  put(header, checked_size(data), 4);
  put(header, detail::embedded_checksum(packed, detail::embedded_checksum(header)), 8);
  return header + packed + data;
}

}  // namespace ebpfkit::host
