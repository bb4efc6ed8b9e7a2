#include "ebpfkit/kernel_symbols.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit {
namespace {

constexpr const char* list_file = "/proc/kallsyms";

// No function is larger. Variables are, but stacks have no addresses of variables.
constexpr std::uint64_t farthest = std::uint64_t{16} << 20;

// Takes the text before the separator off the line. Without a separator it is the whole line.
std::string_view take_field(std::string_view& line, char separator) {
  const auto end = std::min(line.find(separator), line.size());
  const auto field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

// Whether the text is a number of 1 to 16 hexadecimal digits, which `number` becomes.
bool is_address(std::string_view text, std::uint64_t& number) {
  number = 0;
  if (text.empty() || text.size() > 16)
    return false;
  for (const char digit : text) {
    number <<= 4;
    if (digit >= '0' && digit <= '9')
      number |= static_cast<std::uint64_t>(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
      number |= static_cast<std::uint64_t>(digit - 'a' + 10);
    else
      return false;
  }
  return true;
}

ebpfkit::error wrong_line(std::size_t number) {
  return detail::diagnose_worded("read", detail::formatted("line %zu of kernel symbols", number),
                                 EINVAL, "A line is: address type name [module].");
}

}  // namespace

std::string kernel_symbol::text() const {
  auto result = detail::formatted("%s+0x%" PRIx64, name.c_str(), offset);
  if (!module.empty())
    result += " [" + module + "]";
  return result;
}

result<kernel_symbols> kernel_symbols::open() {
  const detail::unique_fd file(::open(list_file, O_RDONLY | O_CLOEXEC));
  int code = file.code();
  std::string text;
  std::vector<char> part(std::size_t{64} << 10);
  while (code == 0) {
    const ssize_t got = read(file.get(), part.data(), part.size());
    if (got == 0)
      break;
    if (got > 0)
      text.append(part.data(), static_cast<std::size_t>(got));
    else if (errno != EINTR)
      code = errno;
  }
  if (code != 0)
    return detail::failed_to("read", "kernel symbols", list_file, code,
                             code == ENOENT ? "The running kernel has no CONFIG_KALLSYMS, or /proc "
                                              "is not mounted."
                                            : "");
  auto symbols = parse(text);
  // The kernel shows zeros to processes that may not see addresses, and lists no BPF programs.
  if (symbols && symbols->symbols_.empty())
    return detail::failed_to("read", "kernel symbols", list_file, EPERM,
                             "The kernel hides its addresses from this process: it needs "
                             "CAP_SYSLOG, and kernel.kptr_restrict must not be 2 (sysctl(8)).");
  return symbols;
}

result<kernel_symbols> kernel_symbols::parse(std::string_view text) {
  kernel_symbols made;
  made.names_.assign(1, '\0');
  std::string_view last_module;
  std::uint32_t last_module_offset = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_field(text, '\n');
    symbol next{};
    const bool has_address = is_address(take_field(line, ' '), next.address);
    const auto type = take_field(line, ' ');
    const auto name = take_field(line, '\t');
    if (!has_address || type.size() != 1 || name.empty())
      return wrong_line(number);
    std::string_view module = line;
    if (!module.empty()) {
      if (module.size() < 3 || module.front() != '[' || module.back() != ']')
        return wrong_line(number);
      module = module.substr(1, module.size() - 2);
    }
    // Absolute symbols are no places in memory: offsets of per-CPU variables, constants.
    if (next.address == 0 || type == "A" || type == "a")
      continue;
    if (made.names_.size() + name.size() + module.size() + 2 >
        std::numeric_limits<std::uint32_t>::max())
      return detail::diagnose_worded("read", "kernel symbols", E2BIG,
                                     "All names together are longer than 4 GB.");
    next.name = static_cast<std::uint32_t>(made.names_.size());
    made.names_.append(name).push_back('\0');
    // The symbols of a module follow each other.
    if (module != last_module) {
      last_module = module;
      last_module_offset = 0;
      if (!module.empty()) {
        last_module_offset = static_cast<std::uint32_t>(made.names_.size());
        made.names_.append(module).push_back('\0');
      }
    }
    next.module = last_module_offset;
    made.symbols_.push_back(next);
  }
  std::stable_sort(made.symbols_.begin(), made.symbols_.end(),
                   [](const symbol& a, const symbol& b) { return a.address < b.address; });
  return made;
}

std::optional<kernel_symbol> kernel_symbols::find(std::uint64_t address) const {
  const auto behind = std::upper_bound(
      symbols_.begin(), symbols_.end(), address,
      [](std::uint64_t wanted, const symbol& listed) { return wanted < listed.address; });
  if (behind == symbols_.begin())
    return std::nullopt;
  const auto begin = (behind - 1)->address;
  if (address - begin > farthest)
    return std::nullopt;
  const auto found = std::lower_bound(
      symbols_.begin(), behind, begin,
      [](const symbol& listed, std::uint64_t wanted) { return listed.address < wanted; });
  return kernel_symbol{std::string(name_at(found->name)), std::string(name_at(found->module)),
                       begin, address - begin};
}

std::vector<std::uint64_t> kernel_symbols::addresses(std::string_view name) const {
  std::vector<std::uint64_t> found;
  for (const auto& listed : symbols_) {
    if (name_at(listed.name) == name)
      found.push_back(listed.address);
  }
  return found;
}

std::string_view kernel_symbols::name_at(std::uint32_t offset) const {
  return std::string_view(names_.data() + offset);
}

}  // namespace ebpfkit
