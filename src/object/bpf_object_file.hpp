// What a linked BPF object holds: programs, maps, global variables and their types.
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"
#include "support/untrusted_text.hpp"

namespace ebpfkit::host {

struct bpf_program_symbol {
  std::string name;        // a C identifier
  untrusted_text section;  // as in SEC(); in the object's bytes
};

// A map that the object declares in SEC(".maps"), or the map that libbpf makes of a struct_ops
// variable.
struct bpf_map_declaration {
  std::string name;            // a C identifier
  std::uint32_t map_type = 0;  // BPF_MAP_TYPE_*
  type_id key = 0;             // 0: the declaration gives no type, at most a size
  type_id value = 0;
  std::uint32_t key_size = 0;  // bytes, of a declaration that gives sizes (key_size, value_size)
  std::uint32_t value_size = 0;
  type_id operations = 0;  // the struct of a struct_ops map; else 0
  // Of a map of maps whose declaration has the inner maps (__array(values, ...)): these, without a
  // name. Else empty.
  std::vector<bpf_map_declaration> inner;
};

struct bpf_global_variable {
  std::string name;  // as in BTF: it may contain dots
  type_id type = 0;
  std::uint64_t offset = 0;  // in bytes, from the start of the section
  std::uint64_t size = 0;
};

// A section of global variables that libbpf maps into the application's memory.
struct bpf_data_section {
  // .data, .rodata, .bss, .kconfig, .data.x, .rodata.x, .addr_space.1: letters, digits and ._$+-@
  std::string name;
  std::uint64_t size = 0;
  // Not the static ones, and not those with hidden visibility, which libbpf makes static
  // (btf_fixup_datasec). By ascending offset.
  std::vector<bpf_global_variable> variables;

  // Returns the name as a C identifier, without the first dot. The variables of an arena are in
  // "arena", as for bpftool.
  std::string identifier() const;
  bool is_arena() const;
};

class bpf_object_file {
 public:
  // Reads an object of either byte order. Throws a `failure` that names the file, if it is not a
  // BPF object, is corrupt, has no BTF, or has names that are not C identifiers.
  explicit bpf_object_file(const std::filesystem::path& path);
  // The same for bytes that are in memory already. `path` is the object's name in messages.
  bpf_object_file(std::vector<std::uint8_t> bytes, std::string path);

  const std::string& path() const { return path_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  std::endian byte_order() const { return types_->byte_order(); }
  const type_graph& types() const { return *types_; }

  // Programs are in the order of their code, maps in the order of BTF.
  const std::vector<bpf_program_symbol>& programs() const { return programs_; }
  const std::vector<bpf_map_declaration>& maps() const { return maps_; }
  // Those with at least one variable that is neither static nor hidden: libbpf maps no others.
  const std::vector<bpf_data_section>& data_sections() const { return data_sections_; }

 private:
  std::string path_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<type_graph> types_;
  std::vector<bpf_program_symbol> programs_;
  std::vector<bpf_map_declaration> maps_;
  std::vector<bpf_data_section> data_sections_;
};

}  // namespace ebpfkit::host
