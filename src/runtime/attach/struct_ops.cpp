// Registering one struct_ops map.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <string>

#include "../errors/log_capture.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/text.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

result<link> attach_struct_ops(const untyped_map& operations) {
  detail::log_capture log;
  const bool is_struct_ops = bpf_map__type(operations.get()) == BPF_MAP_TYPE_STRUCT_OPS;
  // libbpf 1.1 crashes for other maps.
  const bool can_be_attached = is_struct_ops && operations.fd() >= 0;
  bpf_link* attached = can_be_attached ? bpf_map__attach_struct_ops(operations.get()) : nullptr;
  const int code = !can_be_attached ? EINVAL : static_cast<int>(libbpf_get_error(attached));
  if (code == 0)
    return link(attached);
  return detail::failed_to("attach", "map", operations.name(), code,
                           !is_struct_ops ? "It is no struct_ops map (SEC(\".struct_ops\"))."
                           : operations.fd() < 0
                               ? "The map is not loaded: load the object first, with the map's "
                                 "autocreate on."
                           : code == -EEXIST || code == -EBUSY
                               ? "The kernel has something of this name, or the map is registered "
                                 "already."
                               : "",
                           log.take());
}

result<void> link::update(const untyped_map& replacement) {
  const int map_fd = replacement.fd();
  int code = map_fd < 0 ? -EBADF : -EOPNOTSUPP;
  detail::log_capture log;
  if (map_fd >= 0 && kind_ == link_kind::bpf_link)
    code = bpf_link_update(fd(), map_fd, nullptr);
  if (code == 0)
    return {};
  return detail::diagnose_worded(
      "update", detail::formatted("%s to map '%s'", text().c_str(), replacement.name()), code,
      map_fd < 0 ? "The map is not loaded: load its object first."
                 : "The link must be that of a struct_ops map of SEC(\".struct_ops.link\"), and "
                   "the map one of the same type whose type can be exchanged.",
      log.take());
}

}  // namespace ebpfkit
