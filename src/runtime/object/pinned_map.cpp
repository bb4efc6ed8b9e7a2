#include "ebpfkit/pinned_map.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/kernel_btf.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit {
namespace {

// libbpf has no handle of a map without an object. So this makes an object that declares one map,
//   struct { __uint(type, BPF_MAP_TYPE_ARRAY); } map SEC(".maps");
// and libbpf puts the pinned map in its place (bpf_map__reuse_fd()), with its type and sizes.
// Nothing of this object is ever loaded.
constexpr std::uint32_t map_bytes = 8;  // a pointer of BPF

// The BTF of the declaration. Null when the memory runs out.
detail::unique_btf declaration_btf() {
  detail::unique_btf types(btf__new_empty());
  if (!types)
    return types;
  auto* made = types.get();
  const int number = btf__add_int(made, "int", 4, BTF_INT_SIGNED);
  const int array = btf__add_array(made, number, number, BPF_MAP_TYPE_ARRAY);
  const int pointer = btf__add_ptr(made, array);
  const int record = btf__add_struct(made, "declaration", map_bytes);
  const int field = btf__add_field(made, "type", pointer, 0, 0);
  const int variable = btf__add_var(made, "map", BTF_VAR_GLOBAL_ALLOCATED, record);
  const int section = btf__add_datasec(made, ".maps", map_bytes);
  const int place = btf__add_datasec_var_info(made, variable, 0, map_bytes);
  if (number < 0 || array < 0 || pointer < 0 || record < 0 || field < 0 || variable < 0 ||
      section < 0 || place < 0)
    types.reset();
  return types;
}

// The parts of the object file in front of the BTF.
struct object_file {
  Elf64_Ehdr header;
  Elf64_Shdr sections[5];  // none, names, symbols, .maps, .BTF
  Elf64_Sym symbols[2];    // none, map
  char names[32];
  unsigned char map[map_bytes];
};
constexpr char names[] = "\0.strtab\0.symtab\0.maps\0.BTF\0map";
static_assert(sizeof(names) <= sizeof(object_file::names));

Elf64_Shdr section_of(Elf64_Word name, Elf64_Word type, std::size_t offset, std::size_t size) {
  Elf64_Shdr section{};
  section.sh_name = name;
  section.sh_type = type;
  section.sh_offset = offset;
  section.sh_size = size;
  section.sh_addralign = 1;
  return section;
}

std::vector<unsigned char> declaring_object() {
  const auto types = declaration_btf();
  std::uint32_t btf_size = 0;
  const void* btf_bytes = types ? btf__raw_data(types.get(), &btf_size) : nullptr;
  if (!btf_bytes)
    return {};
  constexpr unsigned names_index = 1;
  constexpr unsigned maps_index = 3;
  object_file file{};
  memcpy(file.header.e_ident, ELFMAG, SELFMAG);
  file.header.e_ident[EI_CLASS] = ELFCLASS64;
  file.header.e_ident[EI_DATA] =
      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  file.header.e_ident[EI_VERSION] = EV_CURRENT;
  file.header.e_type = ET_REL;
  file.header.e_machine = EM_BPF;
  file.header.e_version = EV_CURRENT;
  file.header.e_ehsize = sizeof(file.header);
  file.header.e_shoff = offsetof(object_file, sections);
  file.header.e_shentsize = sizeof(Elf64_Shdr);
  file.header.e_shnum = 5;
  file.header.e_shstrndx = names_index;
  file.sections[names_index] =
      section_of(1, SHT_STRTAB, offsetof(object_file, names), sizeof(file.names));
  auto& symbols = file.sections[2];
  symbols = section_of(9, SHT_SYMTAB, offsetof(object_file, symbols), sizeof(file.symbols));
  symbols.sh_link = names_index;
  symbols.sh_info = 1;  // the first global symbol
  symbols.sh_entsize = sizeof(Elf64_Sym);
  auto& maps = file.sections[maps_index];
  maps = section_of(17, SHT_PROGBITS, offsetof(object_file, map), sizeof(file.map));
  maps.sh_flags = SHF_ALLOC | SHF_WRITE;
  file.sections[4] = section_of(23, SHT_PROGBITS, sizeof(file), btf_size);
  file.symbols[1].st_name = 28;
  file.symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
  file.symbols[1].st_shndx = maps_index;
  file.symbols[1].st_size = sizeof(file.map);
  memcpy(file.names, names, sizeof(names));
  std::vector<unsigned char> bytes(sizeof(file) + btf_size);
  memcpy(bytes.data(), &file, sizeof(file));
  memcpy(bytes.data() + sizeof(file), btf_bytes, btf_size);
  return bytes;
}

}  // namespace

void pinned_map::closer::operator()(bpf_object* opened) const noexcept {
  bpf_object__close(opened);
}

pinned_map::pinned_map(bpf_object* owned) noexcept
    : object_(owned), map_(bpf_object__next_map(owned, nullptr)) {}
pinned_map::pinned_map(pinned_map&&) noexcept = default;
pinned_map& pinned_map::operator=(pinned_map&&) noexcept = default;
pinned_map::~pinned_map() = default;

result<pinned_map> pinned_map::open(const std::string& path) {
  return view(bpf_obj_get(path.c_str()), path, "Nothing is pinned there.");
}

result<pinned_map> pinned_map::open_id(std::uint32_t id) {
  return view(bpf_map_get_fd_by_id(id), detail::formatted("id %u", id), "No map has this id.");
}

// Takes what a system call returned. `absent` is the remedy when there was no such map.
result<pinned_map> pinned_map::view(int opened_fd, const std::string& which, const char* absent) {
  const detail::unique_fd pinned(opened_fd);
  detail::log_capture log;
  const auto failed = [&](int code, const char* remedy = "") {
    return detail::diagnose_named(detail::operation::open, "map", which.c_str(), code, log.take(),
                                  remedy);
  };
  if (!pinned)
    return failed(pinned.code(), pinned.code() == ENOENT ? absent : "");
  char kind[64];
  const auto target = detail::descriptor_target(pinned.get(), kind);
  if (!target.empty() && target != "anon_inode:bpf-map")
    return failed(EINVAL, "What is pinned there is no map.");
  const auto bytes = declaring_object();
  if (bytes.empty())
    return failed(ENOMEM);
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = "pinned";
  bpf_object* opened = bpf_object__open_mem(bytes.data(), bytes.size(), &options);
  if (const auto code = static_cast<int>(libbpf_get_error(opened)))
    return failed(code);
  pinned_map made(opened);
  if (const int code = made.map_ ? bpf_map__reuse_fd(made.map_, pinned.get()) : -ENOENT)
    return failed(code);
  return made;
}

}  // namespace ebpfkit
