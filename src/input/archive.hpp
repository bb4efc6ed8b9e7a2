// Reads archives from front to back with libarchive. Writes nothing to disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "input/byte_stream.hpp"
#include "support/failure.hpp"

struct archive;

namespace ebpfkit::host {

enum class archive_kind {
  ar,
  tar,  // ustar, pax, GNU tar, v7
  cpio,
  rpm,  // its only member is the payload: a cpio archive, usually compressed
};

struct archive_member {
  std::string name;          // as in the archive: untrusted, never a path to write to
  bool has_content = false;  // a file with bytes of its own: no directory, no link, not empty
};

// True when `bytes` begin with the header of a member of a tar archive.
bool is_tar(std::span<const std::uint8_t> bytes);

struct archive_closer {
  void operator()(archive* handle) const;
};

// Goes through an archive's members. As a stream, it is the content of the current member. All
// functions throw `failure` for truncated or damaged archives, and pass on what reading `source`
// throws.
class archive_reader : public byte_stream {
 public:
  // `source` must live as long as the reader. `name` is the archive's file name, for messages.
  archive_reader(byte_stream& source, archive_kind kind, std::string name);

  // Returns the next member, or nothing at the archive's end. Skips the unread content of the
  // member before.
  std::optional<archive_member> next();

  std::size_t read(std::span<std::uint8_t> out) override;

  // Returns the current member's content. Throws `failure` when it has more than `limit` bytes.
  // Memory grows with the bytes read, not with the size that a header promises.
  std::vector<std::uint8_t> content(std::uint64_t limit);

  // Returns the `failure` of content() when the current member has more than `limit` bytes.
  std::optional<failure> problem_of_size(std::uint64_t limit) const;

 private:
  static std::ptrdiff_t read_source(archive* handle, void* reader, const void** bytes);
  [[noreturn]] void fail() const;

  byte_stream& source_;
  archive_kind kind_;
  std::string name_;
  std::string member_name_;
  std::uint64_t member_size_ = 0;
  std::uint64_t member_read_ = 0;
  std::vector<std::uint8_t> buffer_;  // the part of the source that libarchive reads next
  std::exception_ptr source_error_;   // must not pass through libarchive's C code
  std::unique_ptr<archive, archive_closer> handle_;
};

// Returns the BTF in a tar archive of one BTF: the archive's only file with content, or the only
// one called *.btf. Sets `member_name` to its name. Throws `failure` when there is no such file,
// when there are several (the message lists them), and when it has more than `limit` bytes.
std::vector<std::uint8_t> read_single_member(byte_stream& tar, const std::string& name,
                                             std::uint64_t limit, std::string& member_name);

}  // namespace ebpfkit::host
