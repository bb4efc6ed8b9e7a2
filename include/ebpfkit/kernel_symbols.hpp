// Names of addresses in the running kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ebpfkit/result.hpp"

namespace ebpfkit {

// The function or variable that an address belongs to.
struct kernel_symbol {
  std::string name;
  std::string module;  // of the module that has it; "bpf" for BPF programs; empty: the kernel
  std::uint64_t address = 0;  // where the symbol begins
  std::uint64_t offset = 0;   // bytes from there

  // As the kernel prints it: "do_nanosleep+0x5a", "nf_hook+0x0 [nf_tables]".
  std::string text() const;
};

// The symbols that the kernel and its modules had when they were read: functions, variables, and
// compiled BPF programs (net.core.bpf_jit_kallsyms). Absolute symbols (nm(1), type A) are left out.
// Movable and copyable; some 10 MB.
//
//   const auto symbols = ebpfkit::kernel_symbols::open().value();
//   for (const auto address : stacks.find(id).value().value())
//     if (const auto symbol = symbols.find(address)) print(symbol->text());
//
// A program or module that is loaded later is not among them: open() reads anew.
class kernel_symbols {
 public:
  // Reads /proc/kallsyms; some 100 milliseconds. Errors: EPERM when the kernel hides its addresses
  // from this process (CAP_SYSLOG and kernel.kptr_restrict, proc(5)), ENOENT when it has no
  // CONFIG_KALLSYMS or /proc is not mounted.
  static result<kernel_symbols> open();

  // The same from a text in the form of /proc/kallsyms, such as one that belongs to a recorded
  // profile. The error is EINVAL, with the number of the line, when a line has another form.
  static result<kernel_symbols> parse(std::string_view text);

  // The last symbol at or before the address. Of several at one address it is the first in the
  // list, as in the kernel's own messages. Empty for addresses before the first symbol, such as
  // those of processes, and for those that are more than 16 MiB behind a symbol.
  std::optional<kernel_symbol> find(std::uint64_t address) const;

  // Where the symbols of this name begin. A kernel may have several functions of one name.
  std::vector<std::uint64_t> addresses(std::string_view name) const;

  // How many symbols there are.
  std::size_t size() const noexcept { return symbols_.size(); }

 private:
  struct symbol {
    std::uint64_t address;
    std::uint32_t name;    // where it begins in names_
    std::uint32_t module;  // the same
  };

  std::string_view name_at(std::uint32_t offset) const;

  std::vector<symbol> symbols_;  // by address
  std::string names_;            // each ends with a zero; the first is empty
};

}  // namespace ebpfkit
