#include "machine/program_files.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "input/elf_sections.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// Returns the dynamic linker that a program names (PT_INTERP), or nothing for a static one.
template <class Header, class Segment>
std::optional<std::string> dynamic_linker_of(std::span<const std::uint8_t> program) {
  Header header;
  if (program.size() < sizeof header)
    return std::nullopt;
  std::memcpy(&header, program.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    const auto place = header.e_phoff + i * sizeof segment;
    if (place > program.size() || program.size() - place < sizeof segment)
      return std::nullopt;
    std::memcpy(&segment, program.data() + place, sizeof segment);
    if (segment.p_type != PT_INTERP)
      continue;
    if (segment.p_offset > program.size() || program.size() - segment.p_offset < segment.p_filesz)
      return std::nullopt;
    const auto text = as_text(program.subspan(segment.p_offset, segment.p_filesz));
    return std::string(text.substr(0, text.find('\0')));
  }
  return std::nullopt;
}

// Kernels of both CPUs also run processes of 32 bits.
bool has_32_bits(std::span<const std::uint8_t> program) {
  return program.size() > EI_CLASS && program[EI_CLASS] == ELFCLASS32;
}

std::optional<std::string> dynamic_linker(std::span<const std::uint8_t> program) {
  return has_32_bits(program) ? dynamic_linker_of<Elf32_Ehdr, Elf32_Phdr>(program)
                              : dynamic_linker_of<Elf64_Ehdr, Elf64_Phdr>(program);
}

bool is_for(std::span<const std::uint8_t> program, int machine_32, int machine_64,
            const std::string& name) {
  if (!is_elf(program) || program.size() < sizeof(Elf32_Ehdr))
    return false;
  return elf_sections(program, name).machine() == (has_32_bits(program) ? machine_32 : machine_64);
}

void check_cpu(const fs::path& program, std::span<const std::uint8_t> bytes,
               const std::string& architecture) {
  const bool fits = architecture == "arm64" ? is_for(bytes, EM_ARM, EM_AARCH64, program.string())
                                            : is_for(bytes, EM_386, EM_X86_64, program.string());
  if (!fits)
    throw failure(fmt::format("'{}' is no program for {}", program.string(), architecture),
                  "Build it for the CPU of the machine's kernel.");
}

// Returns the path in a line "libz.so.1 => /lib/libz.so.1 (0x...)". The dynamic linker itself and
// the kernel's vdso have no arrow, or no path.
std::string path_in(std::string_view line, const fs::path& program) {
  constexpr std::string_view arrow = " => ";
  const auto place = line.find(arrow);
  if (place == std::string_view::npos)
    return {};
  const auto rest = line.substr(place + arrow.size());
  if (rest.starts_with("not found"))
    throw failure(fmt::format("'{}' needs a library that is not found:{}", program.string(),
                              printable(line.substr(0, place))),
                  "Link the program statically, or set its RUNPATH.");
  return rest.starts_with('/') ? std::string(rest.substr(0, rest.find(" ("))) : std::string();
}

void add_library(initramfs& files, const std::string& path) {
  if (!files.has(path))
    files.add_file(path, as_text(read_file(path)), 0755);
}

void add_program(initramfs& files, const fs::path& program, std::span<const std::uint8_t> bytes,
                 const std::string& path, const std::string& architecture) {
  check_cpu(program, bytes, architecture);
  files.add_file(path, as_text(bytes), 0755);
  const auto linker = dynamic_linker(bytes);
  if (!linker)
    return;
  add_library(files, *linker);
  const auto listed = run_process({*linker, "--list", fs::absolute(program).string()});
  if (listed.exit_status != 0)
    throw failure(fmt::format("'{} --list {}' failed: {}", *linker, program.string(),
                              printable(listed.errors)),
                  "Link the program statically: then it needs no libraries in the machine.");
  std::string_view rest = listed.output;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto library = path_in(rest.substr(0, end), program);
    if (!library.empty() && library != *linker)
      add_library(files, library);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

void add_program_files(initramfs& files, const fs::path& program, const std::string& path,
                       const std::string& architecture) {
  add_program(files, program, read_file(program), path, architecture);
}

void add_with_libraries(initramfs& files, const fs::path& source, const std::string& path,
                        const std::string& architecture) {
  std::error_code error;
  const auto status = fs::status(source, error);
  if (!fs::is_regular_file(status) ||
      (status.permissions() & fs::perms::owner_exec) == fs::perms::none) {
    files.add_from(source, path);
    return;
  }
  const auto bytes = read_file(source);
  if (is_elf(bytes) && dynamic_linker(bytes))
    add_program(files, source, bytes, path, architecture);
  else
    files.add_file(path, as_text(bytes), 0755);
}

}  // namespace ebpfkit::host
