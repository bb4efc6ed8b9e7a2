#include "hook_list.hpp"

#include <bpf/btf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "../errors/log_capture.hpp"
#include "kernel_btf.hpp"
#include "text.hpp"
#include "tracefs.hpp"

namespace ebpfkit::detail {
namespace {

// Cuts the function out of a line "ffffffff81000000 T name"; for modules, "\t[module]" follows.
// Null when the line has another symbol.
char* function_in(char* line) {
  char* type = strchr(line, ' ');
  if (!type || type[1] == '\0' || !strchr("tTwW", type[1]) || type[2] != ' ')
    return nullptr;
  char* name = type + 3;
  name[strcspn(name, "\t")] = '\0';
  return name;
}

// The same for the tracepoint of a line "category:name".
char* tracepoint_in(char* line) {
  char* colon = strchr(line, ':');
  if (!colon)
    return nullptr;
  *colon = '/';
  return line;
}

char* raw_tracepoint_in(char* line) {
  char* colon = strchr(line, ':');
  return colon && strncmp(line, "syscalls:", 9) != 0 ? colon + 1 : nullptr;
}

char* hook_in(hook_list list, char* line) {
  switch (list) {
    case hook_list::tracepoints:
      return tracepoint_in(line);
    case hook_list::raw_tracepoints:
      return raw_tracepoint_in(line);
    default:
      return function_in(line);
  }
}

// The name by which SEC() calls the hook that a type of the kernel's BTF describes
// (btf_get_kernel_prefix_kind() of libbpf.c). Null when it describes none.
const char* described_hook(const btf* kernel, const btf_type* type) {
  struct prefix {
    unsigned kind;
    const char* text;
  };
  static constexpr prefix prefixes[] = {{BTF_KIND_TYPEDEF, "btf_trace_"},
                                        {BTF_KIND_FUNC, "bpf_lsm_"},
                                        {BTF_KIND_FUNC, "bpf_iter_"},
                                        {BTF_KIND_FUNC, ""}};
  const char* name = btf__name_by_offset(kernel, type->name_off);
  for (const auto& [kind, text] : prefixes) {
    if (btf_kind(type) == kind && strncmp(name, text, strlen(text)) == 0)
      return name + strlen(text);
  }
  return nullptr;
}

bool may_describe_hook(std::string_view name, nearest_name& nearest) {
  const log_capture silence;
  const unique_btf kernel(btf__parse(kernel_btf_file, nullptr));
  if (!kernel)
    return true;
  for (unsigned id = 1; id < btf__type_cnt(kernel.get()); ++id) {
    const char* found = described_hook(kernel.get(), btf__type_by_id(kernel.get(), id));
    if (found && found == name)
      return true;
    if (found)
      nearest.add(found);
  }
  return false;
}

struct file_closer {
  void operator()(FILE* file) const { fclose(file); }
};

}  // namespace

bool may_have_hook(hook_list list, std::string_view name, nearest_name& nearest) {
  if (list == hook_list::described)
    return may_describe_hook(name, nearest);
  const std::unique_ptr<FILE, file_closer> file(
      fopen(list == hook_list::functions ? "/proc/kallsyms"
                                         : joined({tracefs(), "/available_events"}).c_str(),
            "re"));
  char* line = nullptr;
  std::size_t size = 0;
  bool may_have = true;
  while (file && getline(&line, &size, file.get()) > 0) {
    line[strcspn(line, "\n")] = '\0';
    const char* found = hook_in(list, line);
    may_have = found && found == name;
    if (may_have)
      break;
    if (found)
      nearest.add(found);
  }
  free(line);
  return may_have;
}

}  // namespace ebpfkit::detail
