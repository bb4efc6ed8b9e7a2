// The BPF objects inside a linked application. Each skeleton, and each library of ebpf_embed_btf,
// leaves a note that says where its bytes lie. `strip` keeps notes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "support/embedded_note.hpp"

namespace ebpfkit::host {

struct embedded_file {
  embedded_kind is = embedded_kind::bpf_object;
  std::string name;  // a stranger may have written it: print it with printable()
  std::vector<std::uint8_t> bytes;
};

// Whether the file is an ELF file with notes of EbpfKit. False for every file that cannot be read.
bool has_embedded_files(const std::filesystem::path& file);

// Returns what the notes of `elf`, a linked program or shared library, tell of, in the file's
// order. `shown` is its name in messages. Throws `failure` when it is no sound ELF file, has no
// such notes, or when a note is damaged or belongs to a file that is not linked yet.
std::vector<embedded_file> find_embedded_files(std::span<const std::uint8_t> elf,
                                               const std::string& shown);

}  // namespace ebpfkit::host
