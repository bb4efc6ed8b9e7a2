#include "traceable_functions.hpp"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ebpfkit::detail {
namespace {

struct list_closer {
  void operator()(FILE* list) const { fclose(list); }
};

// Takes the address of a line "ffffffff81000000 name", where " [module]" may follow, if the name
// matches.
void add_address(char* line, const char* pattern, std::vector<std::uint64_t>& addresses) {
  char* end = nullptr;
  const std::uint64_t address = strtoull(line, &end, 16);
  if (end == line || *end != ' ')
    return;
  char* name = end + 1;
  name[strcspn(name, " \t\n")] = '\0';
  // ftrace lists places so when it no longer knows their function (kernel/trace/ftrace.c).
  if (strncmp(name, "__ftrace_invalid_address__", 26) == 0)
    return;
  if (fnmatch(pattern, name, FNM_NOESCAPE) == 0)
    addresses.push_back(address);
}

}  // namespace

bool has_wildcard(const std::string& name) {
  return name.find_first_of("*?") != std::string::npos;
}

int find_traceable(const std::string& file, const std::string& pattern,
                   std::vector<std::uint64_t>& addresses) {
  const std::unique_ptr<FILE, list_closer> list(fopen(file.c_str(), "re"));
  if (!list)
    return -errno;
  addresses.clear();
  char* line = nullptr;
  std::size_t size = 0;
  errno = 0;
  while (getline(&line, &size, list.get()) > 0)
    add_address(line, pattern.c_str(), addresses);
  const int code = feof(list.get()) ? 0 : errno;
  free(line);
  if (code != 0)
    return -code;
  return addresses.empty() ? -ENOENT : 0;
}

}  // namespace ebpfkit::detail
