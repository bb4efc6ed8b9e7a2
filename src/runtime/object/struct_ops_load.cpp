// What load() does about struct_ops maps. Only objects with such maps bring this code.
#include <bpf/libbpf.h>
#include <errno.h>

#include "../errors/diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/object.hpp"
#include "unmade_struct_ops.hpp"

namespace ebpfkit {

result<void> prepare_struct_ops(bpf_object* object, bool is_loaded) {
  if (is_loaded) {
    detail::show_unmade_struct_ops(object);
    return {};
  }
  detail::leave_out_unused_struct_ops(object);
  const char* map = detail::hide_unmade_struct_ops(object);
  if (!map)
    return {};
  detail::show_unmade_struct_ops(object);
  return detail::diagnose_named(
      detail::operation::load, "map", map, EINVAL, {},
      detail::formatted("No struct_ops program is to be loaded, and libbpf %u.%u would crash. Call "
                        "set_autoload(true) for the programs of the map or set_autocreate(false) "
                        "for the map, or link libbpf 1.4.",
                        libbpf_major_version(), libbpf_minor_version()));
}

}  // namespace ebpfkit
