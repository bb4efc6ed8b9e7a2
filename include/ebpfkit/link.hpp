// A program's attachment to its hook.
#pragma once

struct bpf_link;

namespace ebpfkit {

// Owns a bpf_link. Destruction detaches the program, unless the link was pinned or another process
// holds it too. Move-only.
class link {
 public:
  link() = default;
  explicit link(bpf_link* owned) noexcept : link_(owned) {}
  ~link() { detach(); }
  link(link&& other) noexcept : link_(other.release()) {}
  link& operator=(link&& other) noexcept;
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  // Detaches now; the link is empty afterwards.
  void detach() noexcept;

  // Gives up ownership: the caller calls bpf_link__destroy().
  bpf_link* release() noexcept;

  explicit operator bool() const noexcept { return link_ != nullptr; }
  bpf_link* get() const noexcept { return link_; }

 private:
  bpf_link* link_ = nullptr;
};

}  // namespace ebpfkit
