#include "ebpfkit/link.hpp"

#include <bpf/libbpf.h>

#include <utility>

namespace ebpfkit {

link& link::operator=(link&& other) noexcept {
  if (this != &other) {
    detach();
    link_ = other.release();
  }
  return *this;
}

void link::detach() noexcept {
  bpf_link__destroy(release());
}

bpf_link* link::release() noexcept {
  return std::exchange(link_, nullptr);
}

}  // namespace ebpfkit
