// The members of struct_ops maps before load().
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <string>
#include <utility>

#include "../system/text.hpp"
#include "declaration_error.hpp"
#include "ebpfkit/struct_ops_map.hpp"

namespace ebpfkit::detail {

result<void*> struct_ops_fields(const untyped_map& map, std::size_t size) {
  const auto error = [&](int code, std::string remedy) {
    return not_declared("change the members of", "map", map.name(), code, std::move(remedy));
  };
  if (bpf_map__type(map.get()) != BPF_MAP_TYPE_STRUCT_OPS)
    return error(EINVAL, "It is no struct_ops map (SEC(\".struct_ops\")).");
  if (const int code = bpf_map__set_autocreate(map.get(), bpf_map__autocreate(map.get())))
    return error(code, {});
  std::size_t bytes = 0;
  // The memory is const with libbpf before 1.4, and null for these maps.
  void* memory = const_cast<void*>(bpf_map__initial_value(map.get(), &bytes));
  if (!memory)
    return error(EOPNOTSUPP,
                 formatted("That needs libbpf 1.4; this is %u.%u. Link a newer one, or set the "
                           "members in the BPF source.",
                           libbpf_major_version(), libbpf_minor_version()));
  if (bytes != size)
    return error(EINVAL, formatted("Its struct has %zu bytes, that of the class has %zu: build "
                                   "object and skeleton again.",
                                   bytes, size));
  return memory;
}

}  // namespace ebpfkit::detail
