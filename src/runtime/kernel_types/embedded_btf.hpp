// The file that ebpf_embed_btf() puts into applications: the BTF of several kernels with an index.
// The host tool writes it, the runtime library reads it; both take the format from here.
//
// Numbers of fixed size are little-endian and unsigned. A varint has 7 bits in each byte, the
// lowest bits first. If the highest bit of a byte is set, another byte follows. The parts follow
// one another without gaps:
//
//   header   40 bytes: 8 bytes of magic; then, with 32 bits each, the version, the number of
//            kernels, the number of blobs, the sizes of the index unpacked and packed, and the size
//            of the data; then the 64-bit checksum of everything before the data except these eight
//            bytes themselves.
//   index    packed (raw deflate):
//            The kernel that the programs were built for: a varint, 0 when there is none, else 1.
//            After a 1 follow three texts, each after a varint with its size: the kernel's key (see
//            below), its version (`uname -v`; empty: not known) and the offsets of members of
//            task_struct in bytes, "pid:1448 tgid:1452 comm:1880". Then a varint with the number of
//            its blob.
//            Each kernel: two varints with the number of characters that its key shares with the
//            key of the previous kernel, at the beginning and at the end; a varint with the number
//            of characters between them, and these characters; a signed varint with the number of
//            its blob minus that of the previous kernel. A key is architecture, release,
//            distribution and the distribution's version, separated by zeros. A text that is not
//            known is empty. The kernels are sorted by their keys.
//            Each group: varints with its number of blobs and its sizes unpacked and packed; then
//            the 64-bit checksum of its packed bytes.
//   data     the groups, each packed by itself. A group consists of blobs. Blobs are numbered
//            through all groups. A blob begins with a varint N.
//            - N is 0: the blob's size (varint) and its bytes follow: raw BTF in the byte order of
//              its kernel.
//            - N is not 0: the blob has as many bytes as the blob N places before it in the same
//              group. The differences to that blob follow; a varint that is 0 ends them.
//            Each difference is:
//            - a varint: twice the distance, in 32-bit words, from the word of the previous
//              difference (for the first one: from the word before the blob), plus 1 for a run;
//            - a signed scaled varint: the number to add to the word, in the BTF's byte order;
//            - for a run, a varint: how many further words to add the number to. Each is three
//              words after the last, because that is the distance between the offsets of members,
//              and members often move together.
//
// A signed varint is twice the number; for a negative number, it is twice the absolute value,
// minus 1. A scaled varint has one more bit, below the others. If that bit is 0, multiply the
// number by 8, because most offsets are counted in bits.
//
// The checksum is 64-bit FNV-1a. It finds damage (a single changed byte for certain), but not
// forgery. A look-up reads the index and one group, and leaves the other groups untouched.
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

// Continues a checksum: `begin` is the checksum of the bytes before `bytes`.
std::uint64_t embedded_checksum(std::string_view bytes,
                                std::uint64_t begin = embedded_checksum_begin);

struct embedded_kernel {
  std::string_view architecture;
  std::string_view release;  // as `uname -r` prints it
  std::string_view distribution;
  std::string_view distribution_version;
  std::uint32_t blob = 0;
};

// What the build recorded about the kernel whose types the programs were compiled with.
struct embedded_build_kernel {
  embedded_kernel kernel;
  std::string_view version;  // as `uname -v` prints it; empty: not known
  std::string_view task_offsets;
};

// Reads such a file. Checks every number before it uses the number: whatever the bytes are, the
// reader reads nothing beyond them, and allocates memory only in proportion to their unpacked size.
class embedded_btf_reader {
 public:
  embedded_btf_reader() = default;  // reads a file without kernels
  embedded_btf_reader(embedded_btf_reader&&) = default;
  embedded_btf_reader& operator=(embedded_btf_reader&&) = default;

  // Checks the header and unpacks the index. Returns nothing when they are damaged; `problem` then
  // says why. The bytes must outlive the reader.
  static std::optional<embedded_btf_reader> open(std::string_view bytes, const char*& problem);

  std::uint32_t kernel_count() const { return static_cast<std::uint32_t>(kernels_.size()); }
  std::uint32_t blob_count() const { return blob_count_; }

  // `index` is below kernel_count(). The texts live as long as the reader.
  embedded_kernel kernel(std::uint32_t index) const;

  // Nothing when the file records no such kernel. The texts live as long as the reader.
  std::optional<embedded_build_kernel> build_kernel() const;

  // The kernels with this architecture and release, as the index of the first and the index after
  // the last. When there is none, both are the index where such a kernel would stand.
  std::pair<std::uint32_t, std::uint32_t> find(std::string_view architecture,
                                               std::string_view release) const;

  // The bytes of the BTF. Nothing when there is no such blob or its group is damaged.
  std::optional<std::string> blob(std::uint32_t index) const;

 private:
  struct kernel_entry {
    std::uint32_t key = 0;  // offset in keys_
    std::uint32_t blob = 0;
  };

  // Returns null, or a text that says what is wrong.
  const char* read(std::string_view bytes);
  bool read_index(std::string_view index, std::uint32_t kernel_count, std::string_view data);
  embedded_kernel kernel_of(const kernel_entry& entry) const;

  std::uint32_t blob_count_ = 0;
  std::string keys_;  // four texts for each kernel, each ended by a zero
  std::vector<kernel_entry> kernels_;
  std::optional<kernel_entry> build_;
  std::string build_version_;
  std::string build_task_offsets_;
  std::string groups_;  // as the index has them
  std::string_view data_;
};

}  // namespace ebpfkit::detail
