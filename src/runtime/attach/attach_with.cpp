#include "attach_with.hpp"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {
namespace {

struct file_closer {
  void operator()(FILE* file) const { fclose(file); }
};
using open_file = std::unique_ptr<FILE, file_closer>;

constexpr long number_of_lsm_list_modules = 461;  // the same on all architectures
constexpr unsigned long long bpf_lsm_id = 109;    // LSM_ID_BPF of <linux/lsm.h>

// The whole line, without its end; false at the end of the file.
bool read_line(FILE* file, std::string& line) {
  line.clear();
  int byte = fgetc(file);
  if (byte == EOF)
    return false;
  for (; byte != EOF && byte != '\n'; byte = fgetc(file))
    line += static_cast<char>(byte);
  return true;
}

}  // namespace

ebpfkit::error attach_error(const bpf_program* program, const std::string& hook, int code,
                            std::string log) {
  auto failure =
      diagnose("attach", quoted("program", bpf_program__name(program)), code, std::move(log));
  failure.object = formatted("%s to %s", failure.object.c_str(), hook.c_str());
  if (bpf_program__fd(program) < 0)
    failure.remedy = not_loaded_remedy();
  return failure;
}

std::string not_loaded_remedy() {
  return "The program is not loaded: load the object first, with the program's autoload on.";
}

std::string if_older_than(int major, int minor, const std::string& what) {
  utsname running{};
  int running_major = 0;
  int running_minor = 0;
  if (uname(&running) != 0 ||
      sscanf(running.release, "%d.%d", &running_major, &running_minor) != 2 ||
      running_major > major || (running_major == major && running_minor >= minor))
    return {};
  return formatted("%s need Linux %d.%d; this is Linux %s.", what.c_str(), major, minor,
                   running.release);
}

std::string tracefs() {
  for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    if (access(formatted("%s/events", path).c_str(), F_OK) == 0)
      return path;
  }
  return {};
}

std::string if_no_tracefs() {
  if (!tracefs().empty())
    return {};
  return "tracefs is not mounted, or not readable by this user: "
         "mount -t tracefs tracefs /sys/kernel/tracing.";
}

loaded_program loaded_program_of(int fd) {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return {};
  return {info.id, std::string(info.name, strnlen(info.name, sizeof(info.name)))};
}

loaded_program loaded_program_of_id(unsigned id) {
  const unique_fd program(bpf_prog_get_fd_by_id(id));
  return program ? loaded_program_of(program.get()) : loaded_program();
}

std::string loaded_program_text(unsigned id) {
  const auto found = loaded_program_of_id(id);
  return found.name.empty() ? formatted("program with id %u", id)
                            : formatted("program '%s' (id %u)", found.name.c_str(), id);
}

std::string first_line(const std::string& path) {
  std::string line;
  if (const open_file file{fopen(path.c_str(), "re")})
    read_line(file.get(), line);
  return line;
}

bool has_kernel_function(const std::string& name) {
  const open_file file{fopen("/proc/kallsyms", "re")};
  std::string line;
  while (file && read_line(file.get(), line)) {
    // "ffffffff81000000 T name", for modules followed by "\t[module]".
    const auto begin = line.find(' ', line.find(' ') + 1) + 1;
    const std::string_view symbol(line.c_str() + begin, line.find('\t', begin) == line.npos
                                                            ? line.size() - begin
                                                            : line.find('\t', begin) - begin);
    if (symbol == name)
      return true;
  }
  return false;
}

bool bpf_lsm_is_inactive() {
  std::vector<unsigned long long> active(64);
  auto size = static_cast<unsigned>(active.size() * sizeof(active[0]));
  const long count = syscall(number_of_lsm_list_modules, active.data(), &size, 0);
  if (count >= 0) {
    const auto end = active.begin() + count;
    return std::find(active.begin(), end, bpf_lsm_id) == end;
  }
  const auto list = first_line("/sys/kernel/security/lsm");
  return !list.empty() && formatted(",%s,", list.c_str()).find(",bpf,") == std::string::npos;
}

}  // namespace ebpfkit::detail
