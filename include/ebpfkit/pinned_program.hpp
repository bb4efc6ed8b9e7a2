// A program that is in the kernel, opened by its pin or its id without its object.
#pragma once

#include <cstdint>
#include <string>

#include "ebpfkit/result.hpp"

namespace ebpfkit {

// Holds a loaded program by its descriptor. Move-only. A link that link::open() has opened takes it
// in link::update(). The program stays in the kernel while it is pinned, attached or held.
class [[nodiscard]] pinned_program {
 public:
  // Opens what is pinned at `path`. Errors: ENOENT when nothing is pinned there; EINVAL when it is
  // a map or a link; EACCES or EPERM without the right to open it.
  static result<pinned_program> open(const std::string& path);

  // Opens the program with this id, whoever loaded it, pinned or not. Linux 4.13. Errors: ENOENT
  // when there is no such program, EPERM without CAP_SYS_ADMIN.
  static result<pinned_program> open_id(std::uint32_t id);

  pinned_program(pinned_program&& other) noexcept;
  pinned_program& operator=(pinned_program&& other) noexcept;
  ~pinned_program();
  pinned_program(const pinned_program&) = delete;
  pinned_program& operator=(const pinned_program&) = delete;

  // Removes the pin. The program leaves the kernel when nobody holds it any more. The error is
  // ENOENT when somebody else has removed it, or when it was opened by its id.
  result<void> unpin();

  int fd() const noexcept { return fd_; }
  std::uint32_t id() const noexcept { return id_; }
  unsigned type() const noexcept { return type_; }  // enum bpf_prog_type of <linux/bpf.h>
  // The name in the kernel, which has at most 15 characters.
  const std::string& name() const noexcept { return name_; }
  const std::string& pin_path() const noexcept { return path_; }

 private:
  pinned_program() noexcept = default;
  static result<pinned_program> adopt(int opened_fd, const char* which, const char* absent);

  int fd_ = -1;
  std::uint32_t id_ = 0;
  unsigned type_ = 0;
  std::string name_{};
  std::string path_{};
};

}  // namespace ebpfkit
