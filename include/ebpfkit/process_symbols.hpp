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
  std::string file;          // as /proc/<pid>/maps names it, or /tmp/perf-<pid>.map
  std::uint64_t offset = 0;  // bytes from the symbol's beginning, without one from the file's
  std::string source;        // empty without debug information
  int line = 0;              // 0 without debug information

  // Such as "wait_for_work()+0x1c worker.cpp:42", or "libc.so.6+0x8a312" without a symbol. Names
  // are those that a process or a file has: characters that command a terminal are `?` in the text.
  std::string text() const;
};

// The symbols of one process and its libraries, through libdwfl of elfutils. Files are read when an
// address first needs them, and debug information in separate files is found as gdb finds it. Where
// DEBUGINFOD_URLS is set in the environment, elfutils may fetch it, which takes time. Move-only;
// one thread may use it at a time.
//
// A file gives names only when it is the one that the process has mapped. Its path may belong to
// another file by now, or for the process, which may be in a container or another root directory.
// With CAP_CHECKPOINT_RESTORE (Linux 5.9) or CAP_SYS_ADMIN of the host, the mapped file is opened
// itself, also when it was deleted, replaced or hidden. Without them, that works for the program
// alone. A library is then taken from its path, when the inode there has the same number.
//
// Code that a process compiles while it runs has the names that the process writes to
// /tmp/perf-<pid>.map of its container, as `perf` reads them (java with a perf agent,
// `node --perf-basic-prof`). The file must belong to the user of the process or to root.
// Of it, 256 MiB are read at most.
//
//   auto symbols = ebpfkit::process_symbols::open(pid).value();
//   for (const auto address : user_stack)
//     if (const auto symbol = symbols.find(address)) print(symbol->text());
class process_symbols {
 public:
  // Reads what the process has mapped at this moment: open it again after the process has loaded a
  // library or started another program. Open it while the process lives. find() still works when it
  // has ended, for files that find() has used before, and for those at their paths on the host.
  // Errors: ESRCH or ENOENT when there is no such process, EACCES or EPERM when it belongs to
  // others (CAP_SYS_PTRACE).
  static result<process_symbols> open(pid_t process);

  process_symbols(process_symbols&& other) noexcept;
  process_symbols& operator=(process_symbols&& other) noexcept;
  ~process_symbols();

  // Empty when no file is mapped at the address and the process has compiled no code there.
  std::optional<process_symbol> find(std::uint64_t address);

 private:
  struct state;
  explicit process_symbols(std::unique_ptr<state> opened) noexcept;
  std::optional<process_symbol> find_compiled(std::uint64_t address);
  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
