#include "machine.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "../system/text.hpp"
#include "../system/text_file.hpp"
#include "architecture_name.hpp"
#include "ebpfkit/btf_source.hpp"

namespace ebpfkit::detail {
namespace {

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = {value.data() + 1, value.size() - 2};
  return std::string(value);
}

// Lines of os-release(5): ID=ubuntu, VERSION_ID="22.04".
void read_distribution(const char* path, machine& running) {
  auto text = read_text_file(path ? path : "/etc/os-release").text;
  if (!path && text.empty())
    text = read_text_file("/usr/lib/os-release").text;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = first(rest, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto name = first(line, line.find('='));
    auto value = line;
    value.remove_prefix(std::min(name.size() + 1, line.size()));
    if (name == "ID")
      running.distribution = unquoted(value);
    else if (name == "VERSION_ID")
      running.distribution_version = unquoted(value);
  }
}

}  // namespace

std::string machine::text() const {
  auto text = formatted("Linux %s %s", release.c_str(), architecture.c_str());
  if (!distribution.empty())
    text += formatted(" (%s%s%s)", distribution.c_str(), distribution_version.empty() ? "" : " ",
                      distribution_version.c_str());
  return text;
}

machine describe_machine(const btf_search& search) {
  utsname names{};
  uname(&names);
  machine running;
  running.release = search.release ? search.release : names.release;
  running.version = search.version ? search.version : names.version;
  std::string_view name = search.machine ? search.machine : names.machine;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  // uname(2) does not tell the byte order of these machines.
  if (name == "mips" || name == "mips64")
    name = name == "mips" ? "mipsel" : "mips64el";
#endif
  const auto known = architecture_name(name);
  running.architecture = known.empty() ? name : known;
  read_distribution(search.os_release, running);
  return running;
}

}  // namespace ebpfkit::detail
