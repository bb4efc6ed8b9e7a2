#include "program_id.hpp"

#include <cstdint>

#include <bpf/bpf.h>

#include "unique_fd.hpp"

namespace kernel_watch {

std::uint32_t program_id(int program_descriptor) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(program_descriptor, &info, &size) != 0)
    throw_errno("bpf(BPF_OBJ_GET_INFO_BY_FD)");
  return info.id;
}

bool program_is_loaded(std::uint32_t id) {
  const unique_fd program(bpf_prog_get_fd_by_id(id));
  if (program.get() < 0 && errno != ENOENT)
    throw_errno("bpf(BPF_PROG_GET_FD_BY_ID)");
  return program.get() >= 0;
}

}  // namespace kernel_watch
