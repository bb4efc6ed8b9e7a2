#include "support/terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace ebpfkit::host {

namespace {

// A character of UTF-8 at the beginning of a text. `size` is 0 when the bytes are none.
struct character {
  std::uint32_t code = 0;
  std::size_t size = 0;
};

character first_character(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  // The shortest form of a character of 2, 3 and 4 bytes: longer forms are not UTF-8.
  constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0x80)
    return {byte(0), 1};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc0 || byte(0) > 0xf7 || size > text.size())
    return {};
  std::uint32_t code = byte(0) & (0x7fU >> size);
  for (std::size_t index = 1; index < size; ++index) {
    if ((byte(index) & 0xc0) != 0x80)
      return {};
    code = code << 6 | (byte(index) & 0x3fU);
  }
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest[size] || code > 0x10ffff || is_surrogate)
    return {};
  return {code, size};
}

bool is_control(std::uint32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code <= 0x9f);
}

// Characters that change the direction of the text behind them (Unicode, Bidi_Control), and those
// that end a line.
bool changes_lines(std::uint32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

// The size of the sequence at the beginning of the text that sets colours, or 0.
std::size_t colour_size(std::string_view text) {
  if (!text.starts_with("\x1b["))
    return 0;
  const auto end = text.find_first_not_of("0123456789;:", 2);
  if (end == std::string_view::npos)
    return 0;
  // g++ and clang also erase the rest of the line (ESC [ K) behind a colour.
  return text[end] == 'm' || text[end] == 'K' ? end + 1 : 0;
}

}  // namespace

std::string for_terminal(std::string_view text, colours wanted) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    auto taken = wanted == colours::kept ? colour_size(text) : 0;
    const auto [code, size] = taken == 0 ? first_character(text) : character{' ', taken};
    taken = std::max(size, std::size_t{1});
    if (size == 0 || is_control(code) || changes_lines(code)) {
      for (const char c : text.substr(0, taken))
        shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      shown += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return shown;
}

void write_to_terminal(std::FILE* stream, std::string_view text, colours wanted) {
  // A long text is not in memory twice. A line break is never part of a longer character.
  constexpr std::size_t enough = std::size_t{64} << 10;
  while (!text.empty()) {
    const auto line_end = text.find('\n', std::min(enough, text.size()));
    const auto part = text.substr(0, line_end == text.npos ? text.size() : line_end + 1);
    const auto shown = for_terminal(part, wanted);
    // Nobody can be told that standard error does not work.
    if (std::fwrite(shown.data(), 1, shown.size(), stream) != shown.size() && stream != stderr)
      throw std::system_error(errno, std::generic_category(), "cannot write");
    text.remove_prefix(part.size());
  }
}

void clear_terminal() {
  // CUP and ED of ECMA-48.
  std::fputs("\x1b[H\x1b[2J", stdout);
}

void flush_output() {
  if (std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write");
}

}  // namespace ebpfkit::host
