#include "support/assembly.hpp"

#include <fmt/format.h>

namespace ebpfkit::host {

std::string assembly_string(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"')
      escaped += "\\\\\\\"";
    else if (c == '\\')
      escaped += "\\\\\\\\";
    else if (c == '?')
      escaped += "\\?";  // no trigraphs
    else if (byte < 0x20 || byte > 0x7e)
      escaped += fmt::format("\\\\{:03o}", byte);
    else
      escaped += c;
  }
  return escaped;
}

std::string assembly_with_file(std::string_view symbol, const std::filesystem::path& file,
                               std::size_t size, embedded_kind kind, std::string_view name) {
  // Three words, and the name with a NUL.
  const auto content_size = 12 + (name.size() + 1 + 3) / 4 * 4;
  // Uses `%progbits` and `%object`, because the assembler of ARM starts a comment at `@`.
  return fmt::format(
      R"(__asm__(
    ".pushsection .rodata.{symbol}, \"a\", %progbits\n"
    ".globl {symbol}\n"
    ".hidden {symbol}\n"
    ".type {symbol}, %object\n"
    ".balign 16\n"
    "{symbol}:\n"
    ".incbin \"{path}\"\n"
    ".size {symbol}, {size}\n"
    ".popsection\n"
    ".pushsection {section}, \"a\", %note\n"
    ".balign 4\n"
    ".4byte {owner_size}, {content_size}, {type}\n"
    ".asciz \"{owner}\"\n"
    ".4byte {symbol} - .\n"
    ".4byte {size}, {kind}\n"
    ".asciz \"{name}\"\n"
    ".balign 4\n"
    ".popsection\n");
)",
      fmt::arg("symbol", symbol), fmt::arg("size", size),
      fmt::arg("section", embedded_note_section), fmt::arg("owner", embedded_note_owner),
      fmt::arg("owner_size", embedded_note_owner.size() + 1),
      fmt::arg("content_size", content_size), fmt::arg("type", embedded_note_type),
      fmt::arg("kind", static_cast<unsigned>(kind)), fmt::arg("name", name),
      fmt::arg("path", assembly_string(std::filesystem::absolute(file).string())));
}

}  // namespace ebpfkit::host
