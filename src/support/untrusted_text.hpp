// Text that a stranger may have written.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "support/text.hpp"

namespace ebpfkit::host {

// A view of text in an object file: the name of a section or a symbol, a source's path or line in
// debug information. Such text can hold anything: quotes, line breaks, commands to a terminal. So
// it is no std::string_view, and fmt does not format it: who prints it calls shown(), and who
// writes it into a source calls c_string_literal() (source_text.hpp) with raw().
class untrusted_text {
 public:
  constexpr untrusted_text() = default;
  constexpr explicit untrusted_text(std::string_view raw) : raw_(raw) {}

  // For comparisons and look-ups, and for what escapes it: JSON, literals.
  constexpr std::string_view raw() const { return raw_; }
  constexpr bool empty() const { return raw_.empty(); }

  // For messages: printable ASCII, with \xNN for all other bytes, cut at `longest` characters.
  std::string shown(std::size_t longest = 200) const { return printable(raw_, longest); }

  friend constexpr bool operator==(untrusted_text, untrusted_text) = default;
  friend constexpr auto operator<=>(untrusted_text, untrusted_text) = default;
  friend constexpr bool operator==(untrusted_text one, std::string_view other) {
    return one.raw_ == other;
  }

 private:
  std::string_view raw_;
};

}  // namespace ebpfkit::host
