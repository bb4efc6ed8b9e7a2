#include "input/container.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "input/archive.hpp"
#include "input/decompress.hpp"
#include "input/kernel_image.hpp"
#include "input/package.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t most_layers = 8;
// A kernel with all its debug information has some 700 MB.
constexpr std::uint64_t unpacked_limit = std::uint64_t{2} << 30;

// Bytes that were read, with their owner.
class vector_stream : public memory_stream {
 public:
  explicit vector_stream(std::vector<std::uint8_t> bytes)
      : memory_stream(bytes), bytes_(std::move(bytes)) {}

 private:
  std::vector<std::uint8_t> bytes_;  // moving a vector does not move its bytes
};

// Some bytes of another stream. Reading throws `failure` when that has fewer.
class part_stream : public byte_stream {
 public:
  part_stream(byte_stream& source, std::uint64_t offset, std::uint64_t size, std::string name)
      : source_(source), skipped_(offset), rest_(size), name_(std::move(name)) {}

  std::size_t read(std::span<std::uint8_t> out) override {
    skip();
    const auto wanted = out.first(std::min<std::uint64_t>(out.size(), rest_));
    if (source_.read(wanted) < wanted.size())
      fail();
    rest_ -= wanted.size();
    return wanted.size();
  }

 private:
  void skip() {
    std::vector<std::uint8_t> scratch(std::min<std::uint64_t>(skipped_, std::uint64_t{64} << 10));
    while (skipped_ > 0) {
      const auto step = std::span(scratch).first(std::min<std::uint64_t>(skipped_, scratch.size()));
      if (source_.read(step) < step.size())
        fail();
      skipped_ -= step.size();
    }
  }

  [[noreturn]] void fail() const {
    throw failure(fmt::format("'{}': the kernel image is truncated", name_),
                  "Get the image again, and compare its size with the original's.");
  }

  byte_stream& source_;
  std::uint64_t skipped_;  // bytes that are still to be skipped
  std::uint64_t rest_;
  std::string name_;
};

// Removes one layer. Returns false when there is none.
bool unwrap_once(unwrapped_file& file, decompression_options options) {
  auto& content = file.streams.innermost();
  const auto head = content.peek(image_head_size);
  std::string member_name;
  auto format = compression::none;
  if (detect_compression(head) != compression::none) {
    file.streams.add(open_compressed(content, options, &format));
    file.formats.emplace_back(compression_name(format));
  } else if (const auto package = package_format(head); !package.empty()) {
    file.formats.emplace_back(package);
    auto kernel = open_packaged_kernel(content, options.name, options.memory);
    file.streams.add(std::move(kernel.content));
    file.distribution = std::move(kernel.distribution);
    member_name = std::move(kernel.member_name);
  } else if (auto payload = find_kernel_payload(head)) {
    file.kernel_release = payload->kernel_release;
    file.formats.emplace_back(payload->format);
    file.streams.add(
        std::make_unique<part_stream>(content, payload->offset, payload->size, options.name));
    options.tail = compressed_tail::ignored;
    auto unpacked = open_compressed(file.streams.innermost(), options, &format);
    file.streams.add(std::move(unpacked));
    if (format != compression::none)
      file.formats.emplace_back(compression_name(format));
  } else if (is_tar(head)) {
    file.streams.add(std::make_unique<vector_stream>(
        read_single_member(content, options.name, most_kept_bytes, member_name)));
    file.formats.emplace_back("tar");
  } else {
    return false;
  }
  if (!member_name.empty())
    file.innermost_name = member_name.substr(member_name.rfind('/') + 1);
  return true;
}

}  // namespace

unwrapped_file unwrap(std::vector<std::uint8_t> content, const std::filesystem::path& path) {
  unwrapped_file file{nested_streams(std::move(content)), {}, path.filename().string(), {}, {}};
  // The decoders of all layers share their memory.
  const decompression_options options{.name = path.string(), .output_limit = unpacked_limit};
  for (std::size_t layer = 0; layer < most_layers; ++layer) {
    if (!unwrap_once(file, options))
      return file;
  }
  throw failure(fmt::format("'{}': more than {} layers of compression and archives", path.string(),
                            most_layers),
                "Unpack it, and name the file within.");
}

}  // namespace ebpfkit::host
