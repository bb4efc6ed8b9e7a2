#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "support/failure.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/source_tree.hpp"
#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

bool is_header(std::string_view name) {
  return name.ends_with(".h");
}

// The kernel's name of the CPU, as in arch/.
std::string_view kernel_architecture(const target_row& target) {
  if (target.name == "aarch64")
    return "arm64";
  if (target.name == "x86_64")
    return "x86";
  if (target.name == "armv7")
    return "arm";
  return target.name == "riscv64" ? "riscv" : "mips";
}

// Returns the directory that has asm/ of the target's CPU, or an empty path. Packages of one CPU
// have it beside linux/ or in a directory with the name of the CPU (x86_64-linux-gnu); newer
// packages have those of all CPUs in /usr/lib/linux/uapi.
fs::path find_asm(const fs::path& unpacked, const fs::path& root, const target_row& target) {
  constexpr std::string_view marker = "asm/types.h";
  std::error_code error;
  const auto of_all = unpacked / "usr/lib/linux/uapi" / kernel_architecture(target);
  for (const auto& directory : {root, of_all}) {
    if (fs::exists(directory / marker, error))
      return directory;
  }
  const auto cpu = fmt::format("{}-", target.name == "armv7" ? "arm" : target.name);
  for (fs::directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().native().starts_with(cpu) &&
        fs::exists(entry->path() / marker, error))
      return entry->path();
  }
  return {};
}

}  // namespace

void install_kernel_headers(const recipe_place& place, const fs::path& unpacked) {
  const auto root = find_root(unpacked, "linux/bpf.h");
  const auto with_asm = root.empty() ? fs::path() : find_asm(unpacked, root, place.target);
  if (with_asm.empty())
    throw failure(fmt::format("'{}' does not have linux/bpf.h and asm/types.h of {}",
                              unpacked.string(), place.target.name),
                  "Give headers of the kernel for this CPU: --source linux-headers=PATH.");
  for (const std::string_view name : {"linux", "asm-generic"})
    install_tree(root / name, place.include() / name, is_header);
  install_tree(with_asm / "asm", place.include() / "asm", is_header);
}

}  // namespace ebpfkit::host
