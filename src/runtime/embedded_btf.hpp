// The file that ebpf_embed_btf() puts into applications: the BTF of several kernels with an index.
// The host tool writes it, the runtime library reads it; both take the format from here.
//
// All numbers are little-endian and unsigned. The parts follow one another without gaps:
//
//   header   40 bytes: 8 bytes of magic, then 32-bit version, number of kernels, number of blobs,
//            size of the text, size of the data, 1 when the build's kernel is there, else 0; then
//            the 64-bit checksum of everything in front of the data but these eight bytes
//            themselves.
//   build    28 bytes, or none: the kernel that the programs were built for, as one of `kernels`,
//            then 32-bit offsets in the text of its version (`uname -v`) and of where it has
//            members of task_struct: "pid:1448 tgid:1452 comm:1880", in bytes.
//   kernels  20 bytes each: 32-bit offsets in the text of architecture, release, distribution and
//            the distribution's version, and the number of the blob. Sorted by these four texts, in
//            this order, byte by byte. A text that is not known is empty.
//   blobs    16 bytes each: 32-bit offset in the data, 32-bit size, 64-bit checksum of its bytes.
//   text     strings that end with a zero; the first is empty.
//   data     raw BTF, of the byte order of its kernel.
//
// The checksum is 64-bit FNV-1a: it finds damage (each single changed byte for certain), not
// forgery. A look-up reads the index and one blob; the other blobs stay untouched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace ebpfkit::detail {

constexpr std::string_view embedded_btf_magic{"EBPFBTF\n", 8};
constexpr std::uint32_t embedded_btf_version = 2;
constexpr std::size_t embedded_header_size = 40;
constexpr std::size_t embedded_checksum_offset = 32;
constexpr std::size_t embedded_kernel_size = 20;
constexpr std::size_t embedded_build_size = 28;
constexpr std::size_t embedded_blob_size = 16;
constexpr std::uint64_t embedded_checksum_begin = 0xcbf29ce484222325;

// The checksum of what `begin` is the checksum of, followed by `bytes`.
std::uint64_t embedded_checksum(std::string_view bytes,
                                std::uint64_t begin = embedded_checksum_begin);

// The name in the index for an architecture that `uname -m` or a distribution calls `name`
// ("x86_64" for "amd64", "arm64" for "aarch64"); empty when `name` is none that is known.
std::string_view embedded_architecture(std::string_view name);

struct embedded_kernel {
  std::string_view architecture;
  std::string_view release;  // as `uname -r` tells it
  std::string_view distribution;
  std::string_view distribution_version;
  std::uint32_t blob = 0;
};

// What the build recorded of the kernel whose types the programs were compiled with.
struct embedded_build_kernel {
  embedded_kernel kernel;
  std::string_view version;  // as `uname -v` tells it; empty: not known
  std::string_view task_offsets;
};

// A view of such a file. Every offset is checked before it is followed: whatever the bytes are, the
// accessors read nothing beyond them.
class embedded_btf_reader {
 public:
  // Checks the header and the index. Nothing when they are not sound; `problem` then says why. The
  // bytes must outlive the reader.
  static std::optional<embedded_btf_reader> open(std::string_view bytes, const char*& problem);

  std::uint32_t kernel_count() const { return kernel_count_; }
  std::uint32_t blob_count() const { return blob_count_; }

  // `index` is below kernel_count().
  embedded_kernel kernel(std::uint32_t index) const;

  // Nothing when the file has none.
  std::optional<embedded_build_kernel> build_kernel() const;

  // The first and the one behind the last of the kernels with this architecture and release. When
  // there is none, both are where it would stand.
  std::pair<std::uint32_t, std::uint32_t> find(std::string_view architecture,
                                               std::string_view release) const;

  // The BTF itself; nothing when there is no such blob or its checksum is wrong.
  std::optional<std::string_view> blob(std::uint32_t index) const;

 private:
  embedded_btf_reader() = default;
  std::string_view text_at(std::uint32_t offset) const;
  embedded_kernel kernel_at(std::string_view entry) const;

  std::uint32_t kernel_count_ = 0;
  std::uint32_t blob_count_ = 0;
  std::string_view build_;
  std::string_view kernels_;
  std::string_view blobs_;
  std::string_view text_;
  std::string_view data_;
};

}  // namespace ebpfkit::detail
