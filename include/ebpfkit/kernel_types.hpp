// What types and functions the running kernel has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ebpfkit/features.hpp"
#include "ebpfkit/result.hpp"

struct btf;

namespace ebpfkit {

// Where a member is in a struct or union.
struct member_place {
  std::size_t bit_offset = 0;  // from the beginning of the outermost type
  std::size_t size = 0;        // bytes of its type; 0 for a flexible array
  unsigned bitfield_size = 0;  // bits; 0: no bitfield
  std::size_t offset() const noexcept { return bit_offset / 8; }  // bytes
};

// The types and functions of the running kernel, or of one of its modules with those of the kernel,
// as BTF describes them. Names are those of the C source without `struct`, `union` or `enum`. Where
// several types have the name, the first one counts: structs before unions, enums, typedefs and
// numbers. Move-only.
//
//   const auto types = ebpfkit::kernel_types::open().value();
//   if (types.find_member("task_struct", "__state")) ...   // "state" before Linux 5.14
class kernel_types {
 public:
  // Reads /sys/kernel/btf/vmlinux (Linux 5.4 with CONFIG_DEBUG_INFO_BTF; some milliseconds). The
  // error is ENOENT when the kernel has no BTF.
  static result<kernel_types> open();

  // The same with a loaded module, such as "nf_conntrack" (Linux 5.11 with
  // CONFIG_DEBUG_INFO_BTF_MODULES). Errors: ENOENT when the module is not loaded or has no BTF,
  // EINVAL when the name has a slash.
  static result<kernel_types> open_module(const std::string& module);

  bool has_type(const std::string& type) const;

  // Bytes. Empty when there is no such type, or only its name is known.
  std::optional<std::size_t> size_of(const std::string& type) const;

  // The member of a struct, union, or typedef of one. `member` may be a path: "se.vruntime".
  // Members of anonymous structs and unions count as members of the type around them. Empty when
  // there is none.
  std::optional<member_place> find_member(const std::string& type, const std::string& member) const;

  // The value of an enumerator of any enum, such as "BPF_MAP_TYPE_ARENA". Values above
  // INT32_MAX of an enum of 32 bits, and above INT64_MAX of one of 64 bits, are negative. Empty
  // when there is none.
  std::optional<std::int64_t> enumerator(const std::string& name) const;

  // Whether BTF has the function: one that fentry and fexit programs may attach to, unless the
  // kernel forbids it for this function (notrace).
  bool has_function(const std::string& name) const;

  // Whether BPF programs may call the function. `unknown` when the kernel has the function but
  // marks no kfuncs: pahole does so since 1.27 and Linux 6.10.
  support kfunc(const std::string& name) const;

 private:
  struct closer {
    void operator()(btf* types) const noexcept;
  };
  using owned_btf = std::unique_ptr<btf, closer>;

  kernel_types(owned_btf base, owned_btf types) noexcept;
  std::uint32_t find(const std::string& type) const;
  bool find_in(std::uint32_t record, const std::string& name, unsigned depth, std::uint32_t& type,
               member_place& place) const;

  owned_btf base_;  // of a module's types; must outlive them
  owned_btf types_;
};

}  // namespace ebpfkit
