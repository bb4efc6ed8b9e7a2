// Names of addresses in a process. Needs the component `symbols`:
//   find_package(EbpfKit COMPONENTS symbols)
//   target_link_libraries(application PRIVATE EbpfKit::symbols)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ebpfkit/result.hpp"

namespace ebpfkit {

// The function or variable of a process that an address belongs to.
struct process_symbol {
  std::string name;          // demangled; empty when the file has no symbol for the address
  std::string file;          // the program or library, as /proc/<pid>/maps names it
  std::uint64_t offset = 0;  // bytes from the symbol's beginning, without one from the file's
  std::string source;        // empty without debug information
  int line = 0;              // 0 without debug information

  // Such as "wait_for_work()+0x1c worker.cpp:42", or "libc.so.6+0x8a312" without a symbol.
  std::string text() const;
};

// The symbols of one process and its libraries, through libdwfl of elfutils. Files are read when an
// address first needs them, also those of a process in a container, and debug information in
// separate files is found as gdb finds it. Where DEBUGINFOD_URLS is set in the environment,
// elfutils may fetch it, which takes time. Move-only; one thread may use it at a time.
//
//   auto symbols = ebpfkit::process_symbols::open(pid).value();
//   for (const auto address : user_stack)
//     if (const auto symbol = symbols.find(address)) print(symbol->text());
class process_symbols {
 public:
  // Reads what the process has mapped at this moment. Open it while the process lives; find() still
  // works when it has ended, for files that exist and have been used before. Errors: ESRCH or
  // ENOENT when there is no such process, EACCES or EPERM when it belongs to others
  // (CAP_SYS_PTRACE).
  static result<process_symbols> open(pid_t process);

  process_symbols(process_symbols&& other) noexcept;
  process_symbols& operator=(process_symbols&& other) noexcept;
  ~process_symbols();

  // Empty when no file is mapped at the address.
  std::optional<process_symbol> find(std::uint64_t address);

 private:
  struct state;
  explicit process_symbols(std::unique_ptr<state> opened) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
