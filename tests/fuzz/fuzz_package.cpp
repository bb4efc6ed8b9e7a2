// A libFuzzer target: files that apt downloads or a user gives. Kernels that a virtual machine
// shall boot, archives of packages and sources, the lists that apt prints, manifests of sysroots.
// Any bytes must give a failure or a result.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/boot_image.hpp"
#include "packages/apt_packages.hpp"
#include "packages/extract.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"
#include "sysroot/manifest.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace ebpfkit::host;
namespace fs = std::filesystem;

// A file in memory. Its path is valid as long as the descriptor.
file_descriptor in_memory(const std::vector<std::uint8_t>& bytes) {
  file_descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0 ||
      ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  return file;
}

template <class F>
void ignoring_failures(F&& use) {
  try {
    use();
  } catch (const failure&) {
  }
}

void use_image(const fs::path& path) {
  const auto image = read_boot_image(path);
  if (image.bytes.empty() || (image.architecture != "x86_64" && image.architecture != "arm64"))
    __builtin_trap();
}

// The names that are asked for stay in the archive. Nothing is written: the filter wants no file.
void use_archive(const fs::path& path) {
  extract_archive(path, "/nonexistent", [](std::string_view name) {
    static_cast<void>(without_first_directory(name));
    return false;
  });
}

void use_apt_texts(std::string_view text) {
  static_cast<void>(find_main_site(text, {"debian"}));
  static_cast<void>(signed_by(text, "/etc/apt/sources.list:1"));
  for (const auto& file : parse_uris(text)) {
    if (file.sha256.empty() || file.name.find('/') != std::string::npos)
      __builtin_trap();
  }
}

void use_manifest(const fs::path& root) {
  static_cast<void>(manifest_text(read_manifest(root)));
}

// The manifest in the directory is what the path leads to.
const fs::path& with_manifest(const ebpfkit::test::temporary_directory& directory,
                              const fs::path& content) {
  const auto name = directory / manifest_name;
  fs::remove(name);
  fs::create_symlink(content, name);
  return directory.path();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ebpfkit::test::temporary_directory directory;
  const std::vector<std::uint8_t> bytes(data, data + size);
  const auto file = in_memory(bytes);
  const fs::path path = "/proc/self/fd/" + std::to_string(file.get());
  ignoring_failures([&] { use_image(path); });
  ignoring_failures([&] { use_archive(path); });
  ignoring_failures([&] { use_manifest(with_manifest(directory, path)); });
  ignoring_failures([&] { use_apt_texts({reinterpret_cast<const char*>(data), size}); });
  return 0;
}
