// A program's attachment to its hook.
#pragma once

#include <memory>
#include <string>

#include "ebpfkit/result.hpp"

struct bpf_link;
struct bpf_program;

namespace ebpfkit {

class program;

namespace detail {
class tc_filter;
}

// What holds a program at its hook. All but the last two end with the process, however it ends: the
// kernel closes its file descriptors.
enum class link_kind {
  none,        // nothing is attached
  bpf_link,    // a link of the kernel
  file,        // a perf event or raw tracepoint, which kernels before 5.7 (5.15: perf events) had
  several,     // links of more than one place: a USDT probe that was compiled in more than once
  struct_ops,  // a struct_ops map without BPF_F_LINK, registered until it is deleted
  tc_filter,   // a filter of the clsact qdisc
};

// Owns an attachment. Destruction detaches the program, unless the link was pinned or another
// process (a forked child) holds it too. A perf event that one process detaches is silent in the
// other process too. A link must not outlive the object of its program, because links of USDT
// probes use it. Move-only. The type is [[nodiscard]]: a link that nobody keeps detaches at once.
class [[nodiscard]] link {
 public:
  link() noexcept;
  explicit link(::bpf_link* owned) noexcept;
  explicit link(std::unique_ptr<detail::tc_filter> owned) noexcept;
  ~link();
  link(link&& other) noexcept;
  link& operator=(link&& other) noexcept;
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  // Takes the file descriptor of a bpf_link, as bpf_link_create() of libbpf gives it.
  [[nodiscard]] static link adopt_fd(int owned) noexcept;

  // Opens a pinned bpf_link. It stays attached when this object goes, until it is unpinned.
  static result<link> open(const std::string& path);

  explicit operator bool() const noexcept { return kind_ != link_kind::none; }
  link_kind kind() const noexcept { return kind_; }

  // Whether the program stays attached when the process ends or is killed. True for a pinned link,
  // and for the kinds whose description says so.
  bool outlives_process() const noexcept;

  // Detaches now; the link is empty afterwards. A pinned link is only given up: unpin it first.
  void detach() noexcept;

  // Lets `replacement` run in place of the program that is attached, without a moment in which none
  // or both do. For XDP, tcx and clsact, cgroup, netns and iterator attachments; the others give
  // EINVAL or EOPNOTSUPP. `replacement` must be loaded and of the same type.
  result<void> update(const program& replacement);

  // Pins a bpf_link at `path` in a BPF file system (/sys/fs/bpf): it stays attached, beyond this
  // process, until it is unpinned. Errors: EOPNOTSUPP when it is no bpf_link, EEXIST when the path
  // exists. When the pinned link of a perf event is given up, a descriptor of the event stays open
  // in this process: libbpf does not let go of it without disabling the event.
  result<void> pin(const std::string& path);

  // Removes the pin. The program is attached as long as this link lives.
  result<void> unpin();

  // The path of the pin; empty: not pinned.
  const std::string& pin_path() const noexcept { return pin_path_; }

  // The file descriptor of the attachment; -1 for the kinds that have no single one.
  int fd() const noexcept;

  // libbpf's handle; null for what libbpf has no handle for: XDP, tcx and clsact.
  ::bpf_link* get() const noexcept { return link_; }

  // Gives up ownership of libbpf's handle: the caller calls bpf_link__destroy(). Null, and nothing
  // given up, where get() is null.
  [[nodiscard]] ::bpf_link* release() noexcept;

  // Gives up ownership of a bpf_link's file descriptor: the caller closes it. -1, and nothing given
  // up, when it is no bpf_link.
  [[nodiscard]] int release_fd() noexcept;

 private:
  std::string text() const;

  link_kind kind_ = link_kind::none;
  ::bpf_link* link_ = nullptr;  // libbpf's handle, or
  int fd_ = -1;                 // a bpf_link without one, or
  std::unique_ptr<detail::tc_filter> filter_;
  std::string pin_path_;
};

}  // namespace ebpfkit
