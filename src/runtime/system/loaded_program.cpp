#include "loaded_program.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <string.h>

#include <string>

#include "text.hpp"
#include "unique_fd.hpp"

namespace ebpfkit::detail {

loaded_program loaded_program_of(int fd) {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
    return {};
  return {info.id, std::string(info.name, strnlen(info.name, sizeof(info.name)))};
}

loaded_program loaded_program_of_id(unsigned id) {
  const unique_fd program(bpf_prog_get_fd_by_id(id));
  return program ? loaded_program_of(program.get()) : loaded_program();
}

std::string loaded_program_text(unsigned id) {
  const auto found = loaded_program_of_id(id);
  return found.name.empty() ? formatted("program with id %u", id)
                            : formatted("program '%s' (id %u)", found.name.c_str(), id);
}

}  // namespace ebpfkit::detail
