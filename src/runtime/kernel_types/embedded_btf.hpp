// The file that ebpf_embed_btf() puts into applications: the BTF of several kernels with an index.
// The host tool writes it, the runtime library reads it; both take the format from here.
//
// Numbers of fixed size are little-endian and unsigned. A varint has 7 bits in each byte, the
// lowest first, and the highest bit of a byte tells that another follows. The parts follow one
// another without gaps:
//
//   header   40 bytes: 8 bytes of magic, then 32-bit version, number of kernels, number of blobs,
//            sizes of the index unpacked and packed, size of the data; then the 64-bit checksum of
//            everything in front of the data but these eight bytes themselves.
//   index    packed (raw deflate):
//            The kernel that the programs were built for: a varint that is 0 when there is none,
//            else 1; then its key (see below), its version (`uname -v`; empty: not known) and where
//            it has members of task_struct, "pid:1448 tgid:1452 comm:1880" in bytes, each behind a
//            varint with its size; varint, the number of its blob.
//            Each kernel: varints that tell how many characters its key shares with that of the
//            kernel before, at the beginning and at the end; varint, how many of its own stand
//            between them; these; signed varint, the number of its blob less that of the kernel
//            before. A key is architecture, release, distribution and the distribution's version
//            with a zero between two. The kernels are sorted by it. A text that is not known is
//            empty.
//            Each group: varints for its number of blobs, its sizes unpacked and packed, then the
//            64-bit checksum of its packed bytes.
//   data     the groups, each packed by itself: blobs, numbered through all groups. A blob begins
//            with a varint. 0: its size (varint) and its bytes follow, raw BTF of the byte order of
//            its kernel. Else it has as many bytes as the blob that stands this many before it in
//            the same group, and these differences to it, up to a varint that is 0: varint, twice
//            the way in 32-bit words from the word of the last difference (at first: from the one
//            in front of the blob), plus 1 for a run; signed scaled varint, what is added to the
//            word, in the BTF's byte order; for a run varint, how many words more it is added to,
//            each three behind the last, as the offsets of members stand that moved together.
//
// A signed varint is twice the number, or, for a negative one, 1 less than twice its amount. A
// scaled one has another bit below, which is 0 when the number is to be taken 8 times: most offsets
// are counted in bits.
//
// The checksum is 64-bit FNV-1a: it finds damage (each single changed byte for certain), not
// forgery. A look-up reads the index and one group; the other groups stay untouched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::detail {

constexpr std::string_view embedded_btf_magic{"EBPFBTF\n", 8};
constexpr std::uint32_t embedded_btf_version = 2;
constexpr std::size_t embedded_header_size = 40;
constexpr std::size_t embedded_checksum_offset = 32;
constexpr std::size_t embedded_key_most = 1024;  // characters
constexpr std::size_t embedded_run_stride = 3;   // words
constexpr std::uint64_t embedded_checksum_begin = 0xcbf29ce484222325;

// The checksum of what `begin` is the checksum of, followed by `bytes`.
std::uint64_t embedded_checksum(std::string_view bytes,
                                std::uint64_t begin = embedded_checksum_begin);

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

// Reads such a file. Every number is checked before it is used: whatever the bytes are, nothing
// beyond them is read, and memory is asked for in proportion to what they unpack to.
class embedded_btf_reader {
 public:
  embedded_btf_reader() = default;  // of a file without kernels
  embedded_btf_reader(embedded_btf_reader&&) = default;
  embedded_btf_reader& operator=(embedded_btf_reader&&) = default;

  // Checks the header and unpacks the index. Nothing when they are not sound; `problem` then says
  // why. The bytes must outlive the reader.
  static std::optional<embedded_btf_reader> open(std::string_view bytes, const char*& problem);

  std::uint32_t kernel_count() const { return static_cast<std::uint32_t>(kernels_.size()); }
  std::uint32_t blob_count() const { return blob_count_; }

  // `index` is below kernel_count(). The texts live as long as the reader.
  embedded_kernel kernel(std::uint32_t index) const;

  // Nothing when the file has none. The texts live as long as the reader.
  std::optional<embedded_build_kernel> build_kernel() const;

  // The first and the one behind the last of the kernels with this architecture and release. When
  // there is none, both are where it would stand.
  std::pair<std::uint32_t, std::uint32_t> find(std::string_view architecture,
                                               std::string_view release) const;

  // The BTF itself; nothing when there is no such blob or its group is damaged.
  std::optional<std::string> blob(std::uint32_t index) const;

 private:
  struct kernel_entry {
    std::uint32_t key = 0;  // offset in keys_
    std::uint32_t blob = 0;
  };

  // Null, or what is wrong with them.
  const char* read(std::string_view bytes);
  bool read_index(std::string_view index, std::uint32_t kernel_count, std::string_view data);
  embedded_kernel kernel_of(const kernel_entry& entry) const;

  std::uint32_t blob_count_ = 0;
  std::string keys_;  // a zero behind each of the four texts of each kernel
  std::vector<kernel_entry> kernels_;
  std::optional<kernel_entry> build_;
  std::string build_version_;
  std::string build_task_offsets_;
  std::string groups_;  // as the index has them
  std::string_view data_;
};

}  // namespace ebpfkit::detail
