// A program's attachment to its hook.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ebpfkit/result.hpp"

struct bpf_link;
struct bpf_program;

namespace ebpfkit {

struct link_info;
class pinned_program;
class program;
class untyped_map;

namespace detail {
class tc_filter;
}

// What holds a program at its hook. The last two kinds outlive the process. The others end with the
// process, however it ends, because the kernel closes its file descriptors.
enum class link_kind {
  none,        // nothing is attached
  bpf_link,    // a link of the kernel
  file,        // a perf event (before Linux 5.15) or a raw tracepoint (before 5.7) without bpf_link
  several,     // links for several places: a USDT probe that is compiled in more than once
  struct_ops,  // a struct_ops map without BPF_F_LINK, registered until it is deleted
  tc_filter,   // a filter of the clsact qdisc
};

// Owns an attachment. Destruction detaches the program, unless the link is pinned or another
// process (a forked child) holds it too. When one process detaches a perf event, the event is
// silent in the other process too. A link must not outlive the object of its program, because
// links of USDT probes use the object. Move-only. The type is [[nodiscard]], because a link that
// nobody keeps detaches at once.
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

  // Takes ownership of the file descriptor of a bpf_link, such as libbpf's bpf_link_create()
  // returns.
  [[nodiscard]] static link adopt_fd(int owned) noexcept;

  // Opens a pinned bpf_link. Its program stays attached when this object is destroyed, until
  // somebody unpins the link.
  static result<link> open(const std::string& path);

  // Opens the bpf_link with this id, whoever made it. Its program stays attached as long as this
  // object or another one holds the link. Linux 5.8 (by CAP_SYS_ADMIN). Errors: ENOENT when there
  // is no such link; EPERM.
  static result<link> open_id(std::uint32_t id);

  explicit operator bool() const noexcept { return kind_ != link_kind::none; }
  link_kind kind() const noexcept { return kind_; }

  // Whether the program stays attached when the process ends or is killed. True for a pinned link,
  // and for the kinds whose description says so.
  bool outlives_process() const noexcept;

  // Detaches now; the link is empty afterwards. If the link is pinned, this only empties it and the
  // program stays attached: call unpin() first.
  void detach() noexcept;

  // Replaces the attached program by `replacement` in one step: at no moment do both run, or none.
  // Works for XDP, tcx and clsact, cgroup, netns and iterator attachments; for others the error is
  // EINVAL or EOPNOTSUPP. `replacement` must be loaded and of the same type.
  result<void> update(const program& replacement);
  result<void> update(const pinned_program& replacement);

  // The same, but only if the attached program is the one of `expected_fd`: program::fd(), or
  // pinned_program::fd() of a pin or an id. So two processes cannot undo each other's updates. Only
  // for bpf_links. The error is EPERM when another program is attached.
  result<void> update(const program& replacement, int expected_fd);
  result<void> update(const pinned_program& replacement, int expected_fd);

  // Exchanges the struct_ops map of a bpf_link (attach_struct_ops()) in one step. Linux 6.4.
  // Errors: EINVAL when the map is of another type, or not of SEC(".struct_ops.link"); EOPNOTSUPP
  // when the kernel cannot exchange maps of this type.
  result<void> update(const untyped_map& replacement);

  // What the kernel knows about a bpf_link: see link_info.hpp. Linux 5.8. The error is EOPNOTSUPP
  // when this is not a bpf_link.
  result<link_info> info() const;

  // Detaches a bpf_link for everybody who holds it, also when it is pinned, and empties this
  // object. The pin stays in the file system, without effect. Works for XDP, tcx, netkit, cgroup,
  // netns and struct_ops links. Linux 5.9. Errors: EOPNOTSUPP for others, which stay attached.
  result<void> force_detach();

  // Pins a bpf_link at `path` in a BPF file system (/sys/fs/bpf), and makes the last directory of
  // the path when it is missing. The program then stays attached, even after this process ends,
  // until the link is unpinned. Errors: EOPNOTSUPP when this is not a bpf_link, EEXIST when the
  // path exists. When this object lets go of the pinned link of a perf event, a descriptor of the
  // event stays open in this process, because libbpf cannot close it without disabling the event.
  result<void> pin(const std::string& path);

  // Removes the pin. From then on, the program stays attached only as long as this link lives.
  result<void> unpin();

  // The path of the pin; empty: not pinned.
  const std::string& pin_path() const noexcept { return pin_path_; }

  // The file descriptor of the attachment; -1 for the kinds that have no single one.
  int fd() const noexcept;

  // libbpf's handle. Null for XDP, tcx and clsact, for which libbpf has no handle.
  ::bpf_link* get() const noexcept { return link_; }

  // Gives up ownership of libbpf's handle: the caller calls bpf_link__destroy(). When get() is
  // null, this returns null and changes nothing.
  [[nodiscard]] ::bpf_link* release() noexcept;

  // Gives up ownership of a bpf_link's file descriptor: the caller closes it. When this is not a
  // bpf_link, this returns -1 and changes nothing.
  [[nodiscard]] int release_fd() noexcept;

 private:
  std::string text() const;
  result<void> update_to(int program_fd, const char* name);
  result<void> update_if(int program_fd, const char* name, int expected_fd);

  link_kind kind_ = link_kind::none;
  // At most one of these three is set.
  ::bpf_link* link_ = nullptr;  // libbpf's handle
  int fd_ = -1;                 // a bpf_link without a handle of libbpf
  std::unique_ptr<detail::tc_filter> filter_;
  std::string pin_path_;
};

}  // namespace ebpfkit
