// The targets that sysroots are made for: the rows of modules/toolchains/targets.inc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// One row. targets.inc explains the columns.
struct target_row {
  std::string_view name;
  std::string_view processor;
  std::string_view triple;
  std::string_view openwrt;
  std::string_view debian;
  std::string_view emulator;
  std::string_view flags;

  // Returns the column `flags` as words.
  std::vector<std::string> flag_words() const;
};

// Returns all rows.
std::span<const target_row> targets();

// Returns the row for "aarch64" or "openwrt-aarch64". Throws `failure` with the nearest names when
// there is none.
const target_row& find_target(std::string_view name);

// True when Debian's packages of the C library and of the compiler's runtime have the CPU and the
// ABI that the target's flags ask for. Debian's MIPS has a floating-point unit, and not every
// release has RISC-V: for these, both are compiled from their sources.
bool has_usable_packages(const target_row& target);

// Returns what musl calls the CPU: the name of its directory in musl's arch/.
std::string_view musl_architecture(const target_row& target);

}  // namespace ebpfkit::host
