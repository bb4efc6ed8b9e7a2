// BPF tokens: rights to load that a container gets from outside (Linux 6.9).
#pragma once

#include <memory>

#include "ebpfkit/result.hpp"

struct bpf_object_open_opts;

namespace ebpfkit {

// A BPF file system that delegates rights to the user namespace in which it was mounted. load()
// makes a BPF token of it, and loads with the token what the process alone may not load. Move-only.
// Keep it until the objects that were opened with it are loaded.
//
//   auto rights = ebpfkit::token_mount::find("/run/bpf").value();
//   auto packets = packets::open(rights.open_options()).value();
//
// An object that is opened without a token_mount can have a token, too: libbpf 1.4 and newer reads
// LIBBPF_BPF_TOKEN_PATH, and otherwise tries /sys/fs/bpf. Such a load() gives libbpf's own errors.
class [[nodiscard]] token_mount {
 public:
  token_mount(token_mount&&) noexcept;
  token_mount& operator=(token_mount&&) noexcept;
  ~token_mount();

  // Checks that the process can make a token of the BPF file system that is mounted at `path`.
  // Null: the path in the environment variable LIBBPF_BPF_TOKEN_PATH, which programs that run with
  // more rights than their user ignore. What the mount delegates is not compared with what an
  // object needs: load() fails with EPERM when the token allows too little. Errors, of
  // bpf_token_create() in kernel/bpf/token.c:
  //   EINVAL      there is no path, or no BPF file system is mounted there; or Linux before 6.9
  //   EPERM       the mount is of another user namespace, or the process lacks CAP_BPF in its own
  //   ENOENT      there is no such path, or the mount delegates nothing
  //   EOPNOTSUPP  the process is in no user namespace but the first, which has no tokens; or libbpf
  //               is older than 1.4, where the runtime was compiled or where it runs
  // and those of open(2).
  static result<token_mount> find(const char* path = nullptr);

  // Where the file system is mounted. Valid as long as this token_mount lives.
  const char* path() const noexcept;

  // For open() of a skeleton or of dynamic_object. Valid as long as this token_mount lives.
  const bpf_object_open_opts* open_options() const noexcept;

  // Sets bpf_token_path in `options`, which may have more, such as that of a btf_source. The caller
  // sets `options.sz` before.
  void apply_to(bpf_object_open_opts& options) const noexcept;

 private:
  struct state;
  explicit token_mount(std::unique_ptr<state> found) noexcept;

  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
