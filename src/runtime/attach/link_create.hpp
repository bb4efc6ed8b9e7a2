// BPF_LINK_CREATE of bpf(2) with attributes that older libbpf cannot pass: bpf_link_create() of
// libbpf 1.1 refuses kinds of attachment that it does not know.
#pragma once

#include <string.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "ebpfkit/attach_options.hpp"

namespace ebpfkit::detail {

// The beginning of the attributes (struct link_create of union bpf_attr, <linux/bpf.h>).
struct link_create_head {
  std::uint32_t program_fd;
  std::uint32_t target;  // a descriptor or an interface's index
  std::uint32_t attach_type;
  std::uint32_t flags;
};

// The part behind the head for tcx, netkit and cgroups.
struct order_attributes {
  std::uint32_t neighbour;
  std::uint32_t zero;
  std::uint64_t revision;
};

// The values of enum bpf_attach_type that the headers of Linux 6.1 lack.
constexpr std::uint32_t tcx_ingress_hook = 46;
constexpr std::uint32_t tcx_egress_hook = 47;
constexpr std::uint32_t netfilter_hook = 45;
constexpr std::uint32_t uprobe_multi_hook = 48;
constexpr std::uint32_t netkit_primary_hook = 54;
constexpr std::uint32_t netkit_peer_hook = 55;
constexpr std::uint32_t kprobe_session_hook = 56;

// Returns the descriptor of the new link, or a negative errno.
int create_link_of_bytes(const void* attributes, std::size_t size) noexcept;

// `more` is the part behind the head.
template <class More>
int create_link(const link_create_head& head, const More& more) noexcept {
  static_assert(std::is_trivially_copyable_v<More> && alignof(More) == alignof(std::uint64_t),
                "the kernel reads it as it stands in union bpf_attr");
  struct {
    link_create_head head;
    More more;
  } attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.head = head;
  attributes.more = more;
  return create_link_of_bytes(&attributes, sizeof(attributes));
}

inline order_attributes attributes_of(const attach_order& order) noexcept {
  return {order.neighbour(), 0, order.revision()};
}

// What to do when the kernel refuses an order; empty for other errors.
const char* order_remedy(const attach_order& order, int code) noexcept;

}  // namespace ebpfkit::detail
