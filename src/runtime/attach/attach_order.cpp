// Places among the programs of one hook, and the system call that makes links there.
#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/program.hpp"
#include "link_create.hpp"

namespace ebpfkit {
namespace {

// <linux/bpf.h> has these since Linux 6.6.
constexpr std::uint32_t before_neighbour = 1U << 3;    // BPF_F_BEFORE; without a neighbour: first
constexpr std::uint32_t after_neighbour = 1U << 4;     // BPF_F_AFTER; without a neighbour: last
constexpr std::uint32_t neighbour_is_id = 1U << 5;     // BPF_F_ID
constexpr std::uint32_t neighbour_is_link = 1U << 13;  // BPF_F_LINK

}  // namespace

// bpf_mprog_attach() of kernel/bpf/mprog.c takes a descriptor of 0 as no neighbour, so a negative
// one must stay one.
attach_order attach_order::first() noexcept {
  return {before_neighbour, 0};
}

attach_order attach_order::last() noexcept {
  return {after_neighbour, 0};
}

attach_order attach_order::before(const program& neighbour) noexcept {
  return {before_neighbour, static_cast<std::uint32_t>(neighbour.fd())};
}

attach_order attach_order::before(const link& neighbour) noexcept {
  return {before_neighbour | neighbour_is_link, static_cast<std::uint32_t>(neighbour.fd())};
}

attach_order attach_order::before_id(std::uint32_t program_id) noexcept {
  return {before_neighbour | neighbour_is_id, program_id};
}

attach_order attach_order::after(const program& neighbour) noexcept {
  return {after_neighbour, static_cast<std::uint32_t>(neighbour.fd())};
}

attach_order attach_order::after(const link& neighbour) noexcept {
  return {after_neighbour | neighbour_is_link, static_cast<std::uint32_t>(neighbour.fd())};
}

attach_order attach_order::after_id(std::uint32_t program_id) noexcept {
  return {after_neighbour | neighbour_is_id, program_id};
}

attach_order attach_order::expect(std::uint64_t revision) const noexcept {
  auto expecting = *this;
  expecting.revision_ = revision;
  return expecting;
}

int detail::create_link_of_bytes(const void* attributes, std::size_t size) noexcept {
  const auto made = syscall(SYS_bpf, BPF_LINK_CREATE, attributes, size);
  return made < 0 ? -errno : static_cast<int>(made);
}

const char* detail::order_remedy(const attach_order& order, int code) noexcept {
  if (code == ESTALE)
    return "Somebody has attached or detached a program there since: ask for the revision again "
           "(hook_programs.hpp) and repeat.";
  if (code == EBADF && !order.is_default())
    return "The neighbour of the order is not loaded, or is no longer attached.";
  if ((code == ENOENT || code == EDOM) && !order.is_default())
    return "The neighbour of the order is not attached there: hook_programs.hpp tells what is.";
  return "";
}

}  // namespace ebpfkit
