#include "input/btf_input.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "btf/btf_format.hpp"
#include "input/elf_sections.hpp"
#include "input/kernel_image.hpp"
#include "input/kernel_release.hpp"
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

std::vector<std::uint8_t> copy(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

void find_in_elf(const unwrapped_file& file, const std::filesystem::path& path, raw_btf& found) {
  const elf_sections sections(file.bytes, path.string());
  const auto btf = sections.find(".BTF");
  if (!btf && sections.has(".debug_info"))
    throw failure(fmt::format("'{}': the ELF file has DWARF but no .BTF section", path.string()),
                  "Make BTF of it: ebpfkit btf fetch FILE (needs pahole).");
  if (!btf)
    throw failure(fmt::format("'{}': the ELF file has no .BTF section", path.string()),
                  "Kernels have it with CONFIG_DEBUG_INFO_BTF=y, BPF objects with clang -g.");
  found.bytes = copy(*btf);
  if (const auto base = sections.find(".BTF.base"))
    found.base_bytes = copy(*base);
  found.source.architecture = architecture_of_machine(sections.machine());
  if (found.source.kernel_release.empty()) {
    if (const auto modinfo = sections.find(".modinfo"))
      found.source.kernel_release = release_in_modinfo(*modinfo);
  }
  if (found.source.kernel_release.empty() && sections.machine() != EM_BPF)
    found.source.kernel_release = search_kernel_release(file.bytes);
  found.source.formats.emplace_back("ELF");
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

bool has_only_dwarf(const unwrapped_file& file, const std::filesystem::path& path) {
  if (!is_elf(file.bytes))
    return false;
  const elf_sections sections(file.bytes, path.string());
  return !sections.has(".BTF") && sections.has(".debug_info");
}

raw_btf find_btf(unwrapped_file file, const std::filesystem::path& path) {
  raw_btf found;
  found.source.path = path;
  found.source.formats = std::move(file.formats);
  found.source.kernel_release = file.kernel_release;
  found.source.distribution = file.distribution;

  const auto image = plain_image_format(file.bytes);
  if (has_btf_magic(file.bytes)) {
    found.bytes = std::move(file.bytes);
    if (is_of_running_kernel(path))
      found.source.kernel_release = running_release();
  } else if (is_elf(file.bytes)) {
    find_in_elf(file, path, found);
  } else if (!image.empty()) {
    const auto btf = search_btf(file.bytes);
    if (!btf)
      throw failure(fmt::format("'{}': there is no BTF in the {}", path.string(), image),
                    "The kernel is built without CONFIG_DEBUG_INFO_BTF=y.");
    found.bytes = copy(*btf);
    found.source.formats.emplace_back(image);
    found.source.architecture = architecture_of_name(image.substr(0, image.find(' ')));
    if (found.source.kernel_release.empty())
      found.source.kernel_release = search_kernel_release(file.bytes);
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
