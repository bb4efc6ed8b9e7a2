// One BPF program of an object.
#pragma once

#include "ebpfkit/link.hpp"
#include "ebpfkit/result.hpp"

struct bpf_program;

namespace ebpfkit {

// A view of a bpf_program, valid as long as the object that it belongs to.
class program {
 public:
  explicit program(bpf_program* viewed) noexcept : program_(viewed) {}

  const char* name() const;

  // The program's file descriptor; negative before the object is loaded.
  int fd() const;

  // Whether load() loads it; to be set before. Programs that are not loaded cannot be attached.
  result<void> try_set_autoload(bool load);

  // Whether the object's attach() attaches it; set it to false for programs that you attach
  // yourself.
  void set_autoattach(bool attach);

  // Attaches it where its SEC() says. The error's object names the program.
  result<link> try_attach();

  // Attaches an XDP program to the interface, in native mode where the driver has it, else in
  // generic mode. Kernels since 5.9.
  result<link> try_attach_xdp(unsigned interface_index);

#if defined(__cpp_exceptions)
  // As the functions above, but throw `exception`.
  void set_autoload(bool load) {
    try_set_autoload(load).take();
  }
  link attach() {
    return try_attach().take();
  }
  link attach_xdp(unsigned interface_index) {
    return try_attach_xdp(interface_index).take();
  }
#endif

  bpf_program* get() const noexcept {
    return program_;
  }

 private:
  bpf_program* program_;
};

}  // namespace ebpfkit
