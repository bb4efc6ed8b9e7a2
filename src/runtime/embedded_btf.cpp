#include "embedded_btf.hpp"

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

struct architecture_name {
  std::string_view name;
  std::string_view indexed;
};

constexpr architecture_name architecture_names[] = {
    {"x86_64", "x86_64"},
    {"amd64", "x86_64"},
    {"x86", "x86_64"},
    {"i386", "i386"},
    {"i486", "i386"},
    {"i586", "i386"},
    {"i686", "i386"},
    {"arm64", "arm64"},
    {"aarch64", "arm64"},
    {"armv8l", "arm64"},
    {"arm", "arm"},
    {"armhf", "arm"},
    {"armv7", "arm"},
    {"armv7l", "arm"},
    {"armv6l", "arm"},
    {"armv5tel", "arm"},
    {"riscv64", "riscv64"},
    {"riscv", "riscv64"},
    {"s390x", "s390x"},
    {"s390", "s390x"},
    {"ppc64le", "ppc64le"},
    {"ppc64el", "ppc64le"},
    {"powerpc64le", "ppc64le"},
    {"ppc64", "ppc64"},
    {"powerpc64", "ppc64"},
    {"ppc", "powerpc"},
    {"powerpc", "powerpc"},
    {"mips", "mips"},
    {"mipsel", "mipsel"},
    {"mipsle", "mipsel"},
    {"mips64", "mips64"},
    {"mips64el", "mips64el"},
    {"mips64le", "mips64el"},
    {"loongarch64", "loong64"},
    {"loongarch", "loong64"},
    {"loong64", "loong64"},
};

}  // namespace

std::uint64_t embedded_checksum(std::string_view bytes, std::uint64_t begin) {
  constexpr std::uint64_t prime = 0x100000001b3;
  for (const char byte : bytes)
    begin = (begin ^ static_cast<unsigned char>(byte)) * prime;
  return begin;
}

std::string_view embedded_architecture(std::string_view name) {
  for (const auto& entry : architecture_names) {
    if (entry.name == name)
      return entry.indexed;
  }
  return {};
}

std::optional<embedded_btf_reader> embedded_btf_reader::open(std::string_view bytes,
                                                             const char*& problem) {
  if (bytes.size() < embedded_header_size ||
      bytes.substr(0, embedded_btf_magic.size()) != embedded_btf_magic) {
    problem = "these are not the bytes that ebpf_embed_btf() makes";
    return std::nullopt;
  }
  if (number_at(bytes, 8) != embedded_btf_version) {
    problem = "the embedded BTF is of another version of EbpfKit";
    return std::nullopt;
  }
  embedded_btf_reader reader;
  reader.kernel_count_ = number_at(bytes, 12);
  reader.blob_count_ = number_at(bytes, 16);
  // None of these sums can overflow 64 bits.
  const std::uint32_t has_build = number_at(bytes, 28);
  const std::uint64_t build_size = has_build == 0 ? 0 : embedded_build_size;
  const std::uint64_t kernels_size = std::uint64_t{reader.kernel_count_} * embedded_kernel_size;
  const std::uint64_t blobs_size = std::uint64_t{reader.blob_count_} * embedded_blob_size;
  const std::uint64_t text_size = number_at(bytes, 20);
  const std::uint64_t data_size = number_at(bytes, 24);
  const std::uint64_t index_size =
      embedded_header_size + build_size + kernels_size + blobs_size + text_size;
  if (has_build > 1 || index_size + data_size != bytes.size()) {
    problem = "the embedded BTF is damaged: its size is wrong";
    return std::nullopt;
  }
  const auto index = bytes.substr(0, static_cast<std::size_t>(index_size));
  const auto checksum =
      embedded_checksum(index.substr(embedded_checksum_offset + 8),
                        embedded_checksum(index.substr(0, embedded_checksum_offset)));
  if (checksum != wide_number_at(bytes, embedded_checksum_offset) || text_size == 0 ||
      index.back() != '\0') {
    problem = "the embedded BTF is damaged: the checksum of its index is wrong";
    return std::nullopt;
  }
  auto rest = bytes.substr(embedded_header_size);
  const auto take = [&rest](std::uint64_t size) {
    const auto part = rest.substr(0, static_cast<std::size_t>(size));
    rest.remove_prefix(part.size());
    return part;
  };
  reader.build_ = take(build_size);
  reader.kernels_ = take(kernels_size);
  reader.blobs_ = take(blobs_size);
  reader.text_ = take(text_size);
  reader.data_ = rest;
  return reader;
}

std::string_view embedded_btf_reader::text_at(std::uint32_t offset) const {
  // The text ends with a zero.
  return offset < text_.size() ? std::string_view(text_.data() + offset) : std::string_view();
}

embedded_kernel embedded_btf_reader::kernel_at(std::string_view entry) const {
  return {text_at(number_at(entry, 0)), text_at(number_at(entry, 4)), text_at(number_at(entry, 8)),
          text_at(number_at(entry, 12)), number_at(entry, 16)};
}

embedded_kernel embedded_btf_reader::kernel(std::uint32_t index) const {
  return kernel_at(kernels_.substr(std::size_t{index} * embedded_kernel_size));
}

std::optional<embedded_build_kernel> embedded_btf_reader::build_kernel() const {
  if (build_.empty())
    return std::nullopt;
  return embedded_build_kernel{kernel_at(build_), text_at(number_at(build_, embedded_kernel_size)),
                               text_at(number_at(build_, embedded_kernel_size + 4))};
}

std::pair<std::uint32_t, std::uint32_t> embedded_btf_reader::find(std::string_view architecture,
                                                                  std::string_view release) const {
  const auto wanted = std::pair(architecture, release);
  const auto key = [this](std::uint32_t index) {
    const auto found = kernel(index);
    return std::pair(found.architecture, found.release);
  };
  std::uint32_t first = 0;
  for (std::uint32_t end = kernel_count_; first < end;) {
    const auto middle = first + (end - first) / 2;
    if (key(middle) < wanted)
      first = middle + 1;
    else
      end = middle;
  }
  auto behind = first;
  while (behind < kernel_count_ && key(behind) == wanted)
    ++behind;
  return {first, behind};
}

std::optional<std::string_view> embedded_btf_reader::blob(std::uint32_t index) const {
  if (index >= blob_count_)
    return std::nullopt;
  const auto at = std::size_t{index} * embedded_blob_size;
  const std::size_t offset = number_at(blobs_, at);
  const std::size_t size = number_at(blobs_, at + 4);
  if (offset > data_.size() || size > data_.size() - offset)
    return std::nullopt;
  const auto bytes = data_.substr(offset, size);
  if (embedded_checksum(bytes) != wide_number_at(blobs_, at + 8))
    return std::nullopt;
  return bytes;
}

}  // namespace ebpfkit::detail
