// Removes what wraps kernels and BTF: compression, archives, packages, boot images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "input/byte_stream.hpp"

namespace ebpfkit::host {

// The most bytes of an unpacked file that stay in memory. A vmlinux has its BTF in front of the
// debug information, which makes it larger.
inline constexpr std::uint64_t most_kept_bytes = std::uint64_t{96} << 20;

// Streams that read each other: the first one reads bytes in memory, each further one is what the
// one before it contains.
class nested_streams {
 public:
  explicit nested_streams(std::vector<std::uint8_t> file) : file_(std::move(file)) {
    add(std::make_unique<memory_stream>(file_));
  }

  lookahead_stream& innermost() { return *layers_.back().ahead; }
  // `inner` reads what innermost() is now.
  void add(std::unique_ptr<byte_stream> inner) {
    auto ahead = std::make_unique<lookahead_stream>(*inner);
    layers_.push_back({std::move(inner), std::move(ahead)});
  }
  // True when nothing was removed: the content is the file itself.
  bool has_one() const { return layers_.size() == 1; }

  // Returns the bytes that the first stream reads. The streams can no longer be used.
  std::vector<std::uint8_t> take_file() {
    auto file = std::move(file_);
    close();
    return file;
  }

  // Frees all memory. The streams can no longer be used.
  void close() {
    while (!layers_.empty())
      layers_.pop_back();  // the innermost first: it reads the others
    file_ = std::vector<std::uint8_t>();
  }

 private:
  struct layer {
    std::unique_ptr<byte_stream> stream;
    std::unique_ptr<lookahead_stream> ahead;
  };

  std::vector<std::uint8_t> file_;  // moving a vector does not move its bytes
  std::vector<layer> layers_;
};

// What remains after all layers are removed.
struct unwrapped_file {
  nested_streams streams;            // the innermost is the content
  std::vector<std::string> formats;  // the layers that were removed, outermost first: {"xz", "tar"}
  std::string innermost_name;        // file name of the innermost archive member, else the path's
  std::string kernel_release;        // from a boot image; may be empty
  std::string distribution;          // from a package, see packaged_kernel; may be empty
};

// Unwraps the content of a file layer by layer: xz, zstd, gzip, lz4; tar with one file; deb and rpm
// packages; bzImage and EFI zboot images. Recognizes layers by magic numbers and accepts at most 8.
// Unpacks only as much as tells what the innermost layer is, except for tar archives. Uses `path`
// only for messages. Throws `failure` that names the file and the damaged format.
unwrapped_file unwrap(std::vector<std::uint8_t> content, const std::filesystem::path& path);

}  // namespace ebpfkit::host
