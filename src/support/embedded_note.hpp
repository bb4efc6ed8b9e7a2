// The note beside bytes that an application carries: what writes it and what reads it share this.
#pragma once

#include <cstdint>
#include <string_view>

namespace ebpfkit::host {

// A note has the sizes of its owner and of its content, a type, the owner's name with a NUL, and
// the content (elf(5), Nhdr). Ours has these words of four bytes, in the file's byte order:
//   where the bytes are, counted from this word (signed: a distance needs no dynamic relocation)
//   the number of bytes
//   what they are (embedded_kind)
// and behind them their name with a NUL, padded to a multiple of four bytes.
enum class embedded_kind : std::uint8_t { bpf_object = 1, kernel_btf = 2 };
inline constexpr std::string_view embedded_note_section = ".note.ebpfkit";
inline constexpr std::string_view embedded_note_owner = "EbpfKit";
inline constexpr std::uint32_t embedded_note_type = 1;

}  // namespace ebpfkit::host
