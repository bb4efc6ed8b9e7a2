#include "hook_list.hpp"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "described_hooks.hpp"
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
