#include "ebpfkit/process_symbols.hpp"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
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
#include "mapped_files.hpp"
#include "perf_map.hpp"

namespace ebpfkit {
namespace {

struct session_closer {
  void operator()(Dwfl* session) const noexcept { dwfl_end(session); }
};

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string demangled(const char* name) {
  // Other names of C could be types: __cxa_demangle() gives "float" for a function "f".
  if (name[0] != '_' || name[1] != 'Z')
    return name;
  int status = -1;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

// Finds the file of a module. libdwfl itself takes the file that this process has at the path.
// `user_data` has the files of the process.
int find_file(Dwfl_Module* module, void** user_data, const char* name, Dwarf_Addr base,
              char** found_name, Elf** elf) {
  // The kernel's part of a process, such as "[vdso: 42]", is in memory only.
  if (name[0] != '/')
    return dwfl_linux_proc_find_elf(module, user_data, name, base, found_name, elf);
  const auto* files = static_cast<const detail::mapped_files*>(*user_data);
  if (!files)
    return -1;
  auto file = files->open_file(base, name);
  if (!file)
    return -1;
  // libdwfl frees the name and closes the file.
  *found_name = strdup(files->path_from_here(name).c_str());
  return file.release();
}

// libdwfl keeps the address of this table.
const Dwfl_Callbacks callbacks = {find_file, dwfl_standard_find_debuginfo,
                                  dwfl_offline_section_address, nullptr};

int remember_files(Dwfl_Module*, void** user_data, const char*, Dwarf_Addr, void* files) {
  *user_data = files;
  return DWARF_CB_OK;
}

}  // namespace

struct process_symbols::state {
  explicit state(pid_t process) : files(process), compiled(process) {}

  // The session uses the files until it ends.
  detail::mapped_files files;
  detail::perf_map compiled;
  std::unique_ptr<Dwfl, session_closer> session;
};

std::string process_symbol::text() const {
  const auto& begin = name.empty() ? file_name(file) : name;
  auto result = detail::formatted("%s+0x%" PRIx64, begin.c_str(), offset);
  if (!source.empty())
    result += detail::formatted(" %s:%d", file_name(source).c_str(), line);
  detail::make_printable(result);
  return result;
}

process_symbols::process_symbols(std::unique_ptr<state> opened) noexcept
    : state_(std::move(opened)) {}
process_symbols::process_symbols(process_symbols&& other) noexcept = default;
process_symbols& process_symbols::operator=(process_symbols&& other) noexcept = default;
process_symbols::~process_symbols() = default;

result<process_symbols> process_symbols::open(pid_t process) {
  const auto object = detail::formatted("symbols of process %d", static_cast<int>(process));
  auto opened = std::make_unique<state>(process);
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
    dwfl_getmodules(opened->session.get(), remember_files, &opened->files, 0);
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
  process_symbol found;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  if (module) {
    if (const char* file =
            dwfl_module_info(module, nullptr, &begin, &end, nullptr, nullptr, nullptr, nullptr))
      found.file = file;
  }
  // libdwfl gives the gap behind a file, such as the stack, to that file.
  if (address < begin || address >= end)
    return find_compiled(address);
  GElf_Off offset = 0;
  GElf_Sym symbol;
  if (const char* name =
          dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr)) {
    found.name = demangled(name);
    found.offset = offset;
  } else if (auto compiled = find_compiled(address)) {
    // Some runtimes map a file without a name for their code, as .NET does.
    return compiled;
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

std::optional<process_symbol> process_symbols::find_compiled(std::uint64_t address) {
  const auto* function = state_->compiled.find(address);
  if (!function)
    return std::nullopt;
  process_symbol found;
  found.name = function->name;
  found.file = state_->compiled.path();
  found.offset = address - function->begin;
  return found;
}

}  // namespace ebpfkit
