#include "input/btf_input.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "btf/btf_format.hpp"
#include "input/byte_stream.hpp"
#include "input/elf_sections.hpp"
#include "input/kernel_image.hpp"
#include "input/kernel_release.hpp"
#include "input/large_elf.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

// Returns the release that a module was built for, from "vermagic=6.1.0-18-amd64 SMP ...".
std::string release_in_modinfo(std::span<const std::uint8_t> modinfo) {
  const auto text = as_text(modinfo);
  constexpr std::string_view key = "vermagic=";
  const auto found = text.find(key);
  return found == std::string_view::npos ? "" : leading_release(text.substr(found + key.size()));
}

[[noreturn]] void fail_too_large(const std::filesystem::path& path, std::string_view what) {
  throw failure(
      fmt::format("'{}': the {} has more than {} MiB", path.string(), what, most_btf_bytes >> 20),
      "EbpfKit reads no larger BTF: no kernel has so much. Check where the file comes "
      "from.");
}

std::vector<std::uint8_t> copy(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

// `bytes` is the ELF file, or its beginning when `Elf` is large_elf.
template <class Elf>
void find_in_sections(const Elf& sections, std::span<const std::uint8_t> bytes, raw_btf& found) {
  const auto& path = found.source.path;
  const auto btf = sections.find(".BTF");
  if (!btf && sections.has(".debug_info"))
    throw dwarf_without_btf(
        fmt::format("'{}': the ELF file has DWARF but no .BTF section", path.string()),
        "Make BTF of it: ebpfkit btf fetch FILE (needs pahole).");
  if (!btf)
    throw failure(fmt::format("'{}': the ELF file has no .BTF section", path.string()),
                  "Kernels have it with CONFIG_DEBUG_INFO_BTF=y, BPF objects with clang -g.");
  const auto base = sections.find(".BTF.base");
  if (btf->size() + (base ? base->size() : 0) > most_btf_bytes)
    fail_too_large(path, ".BTF section");
  found.bytes = copy(*btf);
  if (base)
    found.base_bytes = copy(*base);
  found.source.architecture = architecture_of_machine(sections.machine());
  if (found.source.kernel_release.empty()) {
    if (const auto modinfo = sections.find(".modinfo"))
      found.source.kernel_release = release_in_modinfo(*modinfo);
  }
  if (found.source.kernel_release.empty() && sections.machine() != EM_BPF)
    found.source.kernel_release = search_kernel_release(bytes);
  found.source.formats.emplace_back("ELF");
}

void find_in_image(std::span<const std::uint8_t> bytes, raw_btf& found) {
  const auto& path = found.source.path;
  const auto image = plain_image_format(bytes);
  const auto btf = search_btf(bytes);
  if (!btf)
    throw failure(fmt::format("'{}': there is no BTF in the {}", path.string(), image),
                  "The kernel is built without CONFIG_DEBUG_INFO_BTF=y.");
  if (btf->size() > most_btf_bytes)
    fail_too_large(path, "BTF");
  found.bytes = copy(*btf);
  found.source.formats.emplace_back(image);
  found.source.architecture = architecture_of_name(image.substr(0, image.find(' ')));
  if (found.source.kernel_release.empty())
    found.source.kernel_release = search_kernel_release(bytes);
}

// A kernel, or the beginning of one that is too large to keep.
struct kernel_bytes {
  std::vector<std::uint8_t> bytes;
  bool is_whole = false;
};

kernel_bytes read_kernel_bytes(unwrapped_file& file) {
  if (file.streams.has_one())
    return {file.streams.take_file(), true};
  kernel_bytes kernel{read_all(file.streams.innermost(), most_kept_bytes), false};
  kernel.is_whole = file.streams.innermost().peek(1).empty();
  return kernel;
}

void find_in_elf(unwrapped_file& file, raw_btf& found) {
  const auto name = found.source.path.string();
  const auto kernel = read_kernel_bytes(file);
  if (kernel.is_whole) {
    file.streams.close();
    find_in_sections(elf_sections(kernel.bytes, name), kernel.bytes, found);
    return;
  }
  const large_elf sections(kernel.bytes, file.streams.innermost(), name);
  file.streams.close();
  find_in_sections(sections, kernel.bytes, found);
}

std::vector<std::uint8_t> read_btf(unwrapped_file& file, const std::filesystem::path& path) {
  auto bytes = file.streams.has_one() ? file.streams.take_file()
                                      : read_all(file.streams.innermost(), most_btf_bytes + 1);
  if (bytes.size() > most_btf_bytes)
    fail_too_large(path, "BTF");
  return bytes;
}

}  // namespace

bool is_of_running_kernel(const std::filesystem::path& path) {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path, error);
  return !error && real.parent_path() == "/sys/kernel/btf";
}

std::string running_release() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "";
}

raw_btf find_btf(unwrapped_file file, const std::filesystem::path& path) {
  raw_btf found;
  found.source.path = path;
  found.source.formats = std::move(file.formats);
  found.source.kernel_release = file.kernel_release;
  found.source.distribution = file.distribution;

  const auto head = file.streams.innermost().peek(image_head_size);
  if (has_btf_magic(head)) {
    found.bytes = read_btf(file, path);
    if (is_of_running_kernel(path))
      found.source.kernel_release = running_release();
  } else if (is_elf(head)) {
    find_in_elf(file, found);
  } else if (!plain_image_format(head).empty()) {
    const auto kernel = read_kernel_bytes(file);
    if (!kernel.is_whole)
      throw failure(fmt::format("'{}': the kernel image has more than {} MiB", path.string(),
                                most_kept_bytes >> 20),
                    "Unpack it, and name the image within.");
    find_in_image(kernel.bytes, found);
  } else {
    throw failure(
        fmt::format("'{}': EbpfKit does not find BTF in a file of this type", path.string()),
        "Name raw BTF, a vmlinux, vmlinuz, kernel module, BPF object or kernel package "
        "(deb, rpm). The file may be compressed.");
  }
  found.source.formats.emplace_back("BTF");
  if (found.source.kernel_release.empty())
    found.source.kernel_release = release_in_file_name(file.innermost_name);
  if (found.source.kernel_release.empty())
    found.source.kernel_release = release_in_file_name(path.filename().string());
  return found;
}

raw_btf read_raw_btf(const std::filesystem::path& path) {
  return find_btf(unwrap(read_file(path), path), path);
}

checked_btf load_btf(const std::filesystem::path& path,
                     const std::optional<std::filesystem::path>& base) {
  auto raw = read_raw_btf(path);
  if (!base)
    return check_btf(std::move(raw), nullptr);
  const auto base_input = load_btf(*base);
  return check_btf(std::move(raw), &base_input);
}

std::shared_ptr<const type_graph> open_btf(const std::filesystem::path& path, type_checks when) {
  const auto mapped = map_kernel_file(path);
  const bool is_mapped = mapped && has_btf_magic(mapped->bytes);
  auto raw = is_mapped ? raw_btf() : read_raw_btf(path);
  if (!raw.base_bytes.empty())
    throw failure(
        fmt::format("'{}': the module's BTF is made for relocation (it has a .BTF.base section)",
                    path.string()),
        "Read it as /sys/kernel/btf/MODULE of a kernel that has the module loaded.");
  try {
    if (is_mapped)
      return std::make_shared<const type_graph>(mapped->bytes, mapped->owner, nullptr, when);
    return std::make_shared<const type_graph>(std::move(raw.bytes), nullptr, when);
  } catch (const failure& error) {
    throw failure(fmt::format("'{}': {}", path.string(), error.what()), error.remedy());
  }
}

}  // namespace ebpfkit::host
