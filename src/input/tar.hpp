// Reading tar archives (ustar, with the extensions of pax and GNU tar) from front to back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "input/byte_stream.hpp"

namespace ebpfkit {

struct tar_member {
  std::string name;  // as the archive spells it: untrusted, never a path to write to
  std::uint64_t size = 0;
  bool is_regular = false;
};

// True when `bytes` begin with a tar header whose checksum is right.
bool is_tar(std::span<const std::uint8_t> bytes);

// Goes through an archive's members. `name` is the archive's file name, for messages. Throws
// `failure` for archives that are truncated or damaged, and for sparse members.
class tar_reader {
 public:
  tar_reader(byte_stream& stream, std::string name);

  // The next member, or nothing at the archive's end. What is left of the content of the one before
  // is skipped.
  std::optional<tar_member> next();

  // The content of the member that `next` returned last. Throws `failure` when it is larger than
  // `limit`. Memory grows with what is read, not with the size that the header promises.
  std::vector<std::uint8_t> content(std::uint64_t limit);

 private:
  struct extensions {
    std::string name;
    std::optional<std::uint64_t> size;
  };

  [[noreturn]] void fail(const std::string& problem) const;
  std::vector<std::uint8_t> read_content(std::uint64_t size);
  void skip(std::uint64_t size);
  void apply_pax_records(std::span<const std::uint8_t> records, extensions& found) const;

  byte_stream& stream_;
  std::string name_;
  std::string member_name_;
  std::uint64_t content_size_ = 0;  // of the current member
  std::uint64_t unread_ = 0;        // of it, with the padding
};

// The single file in a whole archive of one BTF: its only regular member, or the only one that is
// called *.btf. Sets `member_name` to its name. Throws `failure` when there is none, or several (it
// lists them).
std::vector<std::uint8_t> read_single_member(std::span<const std::uint8_t> archive,
                                             const std::string& name, std::string& member_name);

}  // namespace ebpfkit
