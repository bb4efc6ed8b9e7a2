#include "ebpfkit/process_symbols.hpp"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <string.h>
#include <sys/types.h>

#include <cinttypes>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit {
namespace {

struct session_closer {
  void operator()(Dwfl* session) const noexcept { dwfl_end(session); }
};

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string demangled(const char* name) {
  int status = -1;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

// Finds the file of a module. A process in a container has other files at its paths than this
// process, so it opens them below the root of that process. `user_data` is its number.
int find_file(Dwfl_Module* module, void** user_data, const char* name, Dwarf_Addr base,
              char** found_name, Elf** elf) {
  const auto process = static_cast<int>(reinterpret_cast<std::intptr_t>(*user_data));
  if (process > 0 && name[0] == '/') {
    const auto path = detail::formatted("/proc/%d/root%s", process, name);
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
      // libdwfl frees the name and closes the file.
      *found_name = strdup(path.c_str());
      return file;
    }
  }
  return dwfl_linux_proc_find_elf(module, user_data, name, base, found_name, elf);
}

// libdwfl keeps the address of this table.
const Dwfl_Callbacks callbacks = {find_file, dwfl_standard_find_debuginfo,
                                  dwfl_offline_section_address, nullptr};

int remember_process(Dwfl_Module*, void** user_data, const char*, Dwarf_Addr, void* process) {
  *user_data = process;
  return DWARF_CB_OK;
}

}  // namespace

struct process_symbols::state {
  std::unique_ptr<Dwfl, session_closer> session;
};

std::string process_symbol::text() const {
  const auto& begin = name.empty() ? file_name(file) : name;
  auto result = detail::formatted("%s+0x%" PRIx64, begin.c_str(), offset);
  if (!source.empty())
    result += detail::formatted(" %s:%d", file_name(source).c_str(), line);
  return result;
}

process_symbols::process_symbols(std::unique_ptr<state> opened) noexcept
    : state_(std::move(opened)) {}
process_symbols::process_symbols(process_symbols&& other) noexcept = default;
process_symbols& process_symbols::operator=(process_symbols&& other) noexcept = default;
process_symbols::~process_symbols() = default;

result<process_symbols> process_symbols::open(pid_t process) {
  const auto object = detail::formatted("symbols of process %d", static_cast<int>(process));
  auto opened = std::make_unique<state>();
  opened->session.reset(dwfl_begin(&callbacks));
  if (!opened->session)
    return detail::diagnose_worded("read", object, ENOMEM);
  dwfl_report_begin(opened->session.get());
  // A positive result is an errno, a negative one is told by dwfl_errmsg().
  int code = dwfl_linux_proc_report(opened->session.get(), process);
  std::string reason;
  if (code == 0 && dwfl_report_end(opened->session.get(), nullptr, nullptr) != 0)
    code = -1;
  if (code < 0) {
    const char* message = dwfl_errmsg(-1);
    reason = message ? message : "";
    code = EIO;
  }
  if (code == 0) {
    dwfl_getmodules(opened->session.get(), remember_process,
                    reinterpret_cast<void*>(static_cast<std::intptr_t>(process)), 0);
    return process_symbols(std::move(opened));
  }
  std::string remedy;
  if (!reason.empty())
    remedy = "libdwfl says: " + reason + ".";
  else if (code == ENOENT || code == ESRCH)
    remedy = "The process must live while its symbols are opened.";
  else if (code == EACCES || code == EPERM)
    remedy = "Processes of other users need CAP_SYS_PTRACE.";
  return detail::diagnose_worded("read", object, code, std::move(remedy));
}

std::optional<process_symbol> process_symbols::find(std::uint64_t address) {
  Dwfl_Module* module = dwfl_addrmodule(state_->session.get(), address);
  if (!module)
    return std::nullopt;
  process_symbol found;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  if (const char* file =
          dwfl_module_info(module, nullptr, &begin, &end, nullptr, nullptr, nullptr, nullptr))
    found.file = file;
  // libdwfl gives the gap behind a file, such as the stack, to that file.
  if (address < begin || address >= end)
    return std::nullopt;
  GElf_Off offset = 0;
  GElf_Sym symbol;
  if (const char* name =
          dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr)) {
    found.name = demangled(name);
    found.offset = offset;
  } else {
    found.offset = address - begin;
  }
  if (Dwfl_Line* line = dwfl_module_getsrc(module, address)) {
    int number = 0;
    if (const char* source = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr)) {
      found.source = source;
      found.line = number;
    }
  }
  return found;
}

}  // namespace ebpfkit
