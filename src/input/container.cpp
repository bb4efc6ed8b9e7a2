#include "input/container.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "input/archive.hpp"
#include "input/decompress.hpp"
#include "input/kernel_image.hpp"
#include "input/package.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t most_layers = 8;

// Removes one layer. Returns false when there is none.
bool unwrap_once(unwrapped_file& file, const std::string& name) {
  std::string member_name;
  if (const auto format = detect_compression(file.bytes); format != compression::none) {
    file.bytes = decompress(file.bytes, {.name = name});
    file.formats.emplace_back(compression_name(format));
  } else if (const auto package = package_format(file.bytes); !package.empty()) {
    file.formats.emplace_back(package);
    auto kernel = read_packaged_kernel(std::move(file.bytes), name);
    file.bytes = std::move(kernel.content);
    file.distribution = std::move(kernel.distribution);
    member_name = std::move(kernel.member_name);
  } else if (auto payload = find_kernel_payload(file.bytes, name)) {
    const auto payload_format = detect_compression(payload->content);
    file.kernel_release = payload->kernel_release;
    file.formats.emplace_back(payload->format);
    if (payload_format != compression::none)
      file.formats.emplace_back(compression_name(payload_format));
    file.bytes = decompress(payload->content, {.name = name, .tail = compressed_tail::ignored});
  } else if (is_tar(file.bytes)) {
    file.bytes = read_single_member(file.bytes, name, member_name);
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
  unwrapped_file file{std::move(content), {}, path.filename().string(), {}, {}};
  for (std::size_t layer = 0; layer < most_layers; ++layer) {
    if (!unwrap_once(file, path.string()))
      return file;
  }
  throw failure(fmt::format("'{}': more than {} layers of compression and archives", path.string(),
                            most_layers),
                "Unpack it, and name the file within.");
}

}  // namespace ebpfkit::host
