// The CO-RE relocations of a BPF object file, each with its place in the program and in the source.
#pragma once

#include <libelf.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "btf/type_graph.hpp"
#include "relocation/instruction.hpp"
#include "relocation/relocation_kind.hpp"
#include "relocation/source_lines.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

// The texts below belong to the object and live as long as the object.

struct core_relocation {
  untrusted_text section;
  untrusted_text program;                 // function symbol around the instruction; empty: none
  std::uint32_t instruction = 0;          // index in the section
  std::uint32_t program_instruction = 0;  // index in the program
  relocated_code code;
  source_position position;
  relocation_kind kind{};
  type_id type = 0;       // id in the object's BTF; not checked
  untrusted_text access;  // "0:1:2"
};

class program_object {
 public:
  // Reads an object of either byte order. An object without `.BTF.ext` has no relocations. Throws
  // `failure` that names the file when it is no BPF object, has no BTF or is damaged.
  explicit program_object(const std::filesystem::path& path);
  // Does the same from the file's content. `path` is only for messages.
  program_object(std::filesystem::path path, std::vector<std::uint8_t> file);
  program_object(program_object&&) = default;
  program_object& operator=(program_object&&) = default;

  const std::filesystem::path& path() const { return path_; }
  // The file's content.
  std::span<const std::uint8_t> bytes() const { return file_; }
  const type_graph& types() const { return *types_; }
  // Returns them in the order of `.BTF.ext`. libbpf applies them in this order.
  std::span<const core_relocation> relocations() const { return relocations_; }

 private:
  struct elf_closer {
    void operator()(Elf* elf) const;
  };

  void parse();

  std::filesystem::path path_;
  std::vector<std::uint8_t> file_;
  std::unique_ptr<Elf, elf_closer> elf_;  // reads file_; relocations_ refer to its strings
  std::shared_ptr<const type_graph> types_;
  std::vector<core_relocation> relocations_;
};

// Throws `failure` when an object does not have the byte order of the BTF of the file `kernel`. It
// is not for this kernel, and bit-fields have other places on its CPU.
void check_byte_order(std::span<const program_object> objects, std::endian order,
                      const std::filesystem::path& kernel);

}  // namespace ebpfkit::host
