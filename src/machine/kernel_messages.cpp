#include "machine/kernel_messages.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace ebpfkit::host {

namespace {

constexpr std::array panics{std::string_view("Kernel panic - not syncing"),
                            std::string_view("No working init found"),
                            std::string_view("Attempted to kill init")};

// How the kernel begins these lines: include/asm-generic/bug.h, kernel/panic.c, mm/kasan/report.c,
// kernel/locking/lockdep.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h.
constexpr std::array complaints{std::string_view("WARNING: "),
                                std::string_view("BUG: "),
                                std::string_view("kernel BUG at "),
                                std::string_view("Oops: "),
                                std::string_view("Internal error: "),
                                std::string_view("Unable to handle kernel "),
                                std::string_view("general protection fault"),
                                std::string_view("UBSAN: "),
                                std::string_view("possible recursive locking detected"),
                                std::string_view("possible circular locking dependency detected"),
                                std::string_view("suspicious RCU usage")};

// These come when something took longer than the kernel expects.
constexpr std::array hangs{
    std::string_view("detected stalls on CPUs"), std::string_view("self-detected stall on CPU"),
    std::string_view("BUG: soft lockup"), std::string_view("BUG: workqueue lockup"),
    std::string_view("blocked for more than ")};

// Words that begin with "WARNING: " and are no complaint about the kernel: it tells that it slows
// itself down, or that a user's choice is not safe.
constexpr std::array harmless{std::string_view("WARNING: Spectre"),
                              std::string_view("Unprivileged eBPF is enabled")};

template <std::size_t count>
bool has_one_of(std::string_view line, const std::array<std::string_view, count>& texts) {
  return std::ranges::any_of(
      texts, [&](std::string_view text) { return line.find(text) != std::string_view::npos; });
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// Removes control characters and the sequences of ECMA-48 that begin with an escape character: CSI
// "[", parameters and a final byte from @ to ~, else one byte.
std::string without_control_sequences(std::string_view line) {
  constexpr char escape = 0x1b;
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == escape) {
      ++i;
      if (i < line.size() && line[i] == '[')
        do
          ++i;
        while (i < line.size() && (line[i] < '@' || line[i] > '~'));
    } else if (!is_control(line[i])) {
      text += line[i];
    }
  }
  return text;
}

// Calls `use` with each line.
template <class Function>
void for_each_line(std::string_view text, Function use) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    while (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    use(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// Removes "4,1234,567,-;" of /dev/kmsg and "[    1.234567] " of a console.
std::string_view without_time(std::string_view line) {
  const auto semicolon = line.find(';');
  if (!line.empty() && std::isdigit(static_cast<unsigned char>(line.front())) != 0 &&
      semicolon != std::string_view::npos)
    line.remove_prefix(semicolon + 1);
  const auto bracket = line.find("] ");
  if (line.starts_with('[') && bracket != std::string_view::npos)
    line.remove_prefix(bracket + 2);
  return line;
}

}  // namespace

std::string find_panic(std::string_view console) {
  std::string found;
  for_each_line(console, [&](std::string_view line) {
    if (found.empty() && has_one_of(line, panics))
      found = without_time(line);
  });
  return found;
}

std::vector<std::string> find_kernel_complaints(std::string_view log, kernel_clock clock) {
  const auto is_complaint = [&](std::string_view line) {
    if (has_one_of(line, hangs))
      return clock == kernel_clock::real;
    return has_one_of(line, complaints) && !has_one_of(line, harmless);
  };
  std::vector<std::string> found;
  for_each_line(log, [&](std::string_view line) {
    // A line of /dev/kmsg that begins with a space tells the device of the message before it.
    if (!line.starts_with(' ') && is_complaint(line))
      found.emplace_back(without_time(line));
  });
  return found;
}

std::vector<std::string> last_lines(std::string_view console, std::size_t count) {
  std::vector<std::string> lines;
  for_each_line(console, [&](std::string_view line) {
    auto text = without_control_sequences(line);
    if (!text.empty())
      lines.push_back(std::move(text));
  });
  if (lines.size() > count)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

}  // namespace ebpfkit::host
