// Typed view of maps of sockets, whose programs see and redirect what the sockets get and send.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "ebpfkit/descriptor_map.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// Holds a program at a socket map. Destruction detaches it. If nothing destroys this object, the
// program stays until the map is gone: until nobody holds the map, and no pin.
class [[nodiscard]] socket_program {
 public:
  socket_program(socket_program&& other) noexcept { swap(other); }
  socket_program& operator=(socket_program&& other) noexcept {
    socket_program(std::move(other)).swap(*this);
    return *this;
  }
  socket_program(const socket_program&) = delete;
  socket_program& operator=(const socket_program&) = delete;
  ~socket_program() { detach(); }

  // Detaches now, if the program is still attached.
  void detach() noexcept;

 private:
  friend class socket_programs;
  socket_program() = default;
  void swap(socket_program& other) noexcept {
    std::swap(program_fd_, other.program_fd_);
    std::swap(map_fd_, other.map_fd_);
    std::swap(type_, other.type_);
  }

  int program_fd_ = -1;
  int map_fd_ = -1;
  int type_ = 0;  // bpf_attach_type
};

// What a socket_map does with programs, whatever its key.
class socket_programs : public detail::descriptor_bytes {
 public:
  using detail::descriptor_bytes::descriptor_bytes;

  // Attaches a program to the map. It acts on the sockets that are put into the map from then on,
  // so attach before set(). The program's SEC() says which of these it is:
  //   sk_skb/stream_parser   tells where a message ends. Linux 4.14
  //   sk_skb/stream_verdict  decides about each message that arrives. Linux 4.14
  //   sk_skb/verdict         the same without a parser, also for UDP. Linux 5.13
  //   sk_msg                 decides about each message that an application sends. Linux 4.17
  // A map has one program of each kind; the new one replaces the old one. Errors: EINVAL when the
  // program is not of these kinds, EBUSY when the map would have both verdicts on what arrives,
  // EPERM without CAP_NET_ADMIN.
  result<socket_program> attach(const program& verdict);
};

// A map of type BPF_MAP_TYPE_SOCKMAP (the key is an index; Linux 4.14) or BPF_MAP_TYPE_SOCKHASH
// (any key; Linux 4.18). set() takes the descriptor of a socket: TCP that is connected or (Linux
// 5.6) listens, UDP (5.7), Unix (5.15). A socket leaves the map when it is closed. Errors of set():
// EOPNOTSUPP for other sockets, ENOTSOCK or EBADF when the descriptor is no socket.
template <class K>
class socket_map : public socket_programs {
  static_assert(std::is_trivially_copyable_v<K>, "the kernel copies keys as bytes");

 public:
  using key_type = K;
  using socket_programs::socket_programs;

  // What untyped_map::as() compares with the map.
  static constexpr detail::wanted_view wanted() { return {detail::view::socket, sizeof(K), 0}; }

  // Puts the socket at `key`. `flags`: BPF_ANY (0), BPF_NOEXIST, BPF_EXIST of <linux/bpf.h>.
  result<void> set(const K& key, int socket, std::uint64_t flags = 0) {
    return set_descriptor(&key, sizeof(K), socket, flags);
  }

  // Takes the socket at `key` out of the map; its programs act on it no more. Returns false when
  // there is none.
  result<bool> erase(const K& key) { return erase_object(&key, sizeof(K)); }

  // The cookie of the socket at `key` (SO_COOKIE, bpf_get_socket_cookie()); empty when there is
  // none. The error is EINVAL when the map's values have 4 bytes: declare 8. Linux 5.6.
  result<std::optional<std::uint64_t>> find_cookie(const K& key) const {
    std::uint64_t cookie = 0;
    const auto found = find_bytes(&key, sizeof(K), &cookie, sizeof(cookie));
    if (!found)
      return found.error();
    return *found ? std::optional<std::uint64_t>(cookie) : std::nullopt;
  }
};

}  // namespace ebpfkit
