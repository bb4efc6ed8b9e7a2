// Runs a loaded program by hand, without a hook (BPF_PROG_TEST_RUN).
//
// The typed functions run one kind of program each:
//
//   auto run = ebpfkit::run_xdp(programs.filter, frame).value();
//   run.action == ebpfkit::xdp_action::drop
//
// test_run() takes all kinds that the kernel can run, as bytes. The maps of the program keep what
// the run did.
//
// Errors of all functions: EINVAL when the program is not loaded, or when the kernel refuses an
// input; ENOTSUPP (524) or EOPNOTSUPP when the kernel cannot run programs of this type; EINTR when
// a signal ended many repetitions; EPERM without CAP_BPF, and CAP_NET_ADMIN for network programs.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// What a run gets. All pointers may be null when their size is 0.
struct test_run_input {
  const void* data = nullptr;  // the packet of a network program
  std::size_t data_size = 0;   // bytes; XDP and skb programs need at least an Ethernet header (14)
  // The program's context, such as a __sk_buff or the arguments of a raw tracepoint.
  const void* context = nullptr;
  std::size_t context_size = 0;  // bytes

  // Room for what the run gives back, in bytes. 0: nothing is asked for. Programs of some types
  // give back nothing; the kernel then refuses room with EINVAL.
  std::size_t data_room = 0;
  std::size_t context_room = 0;

  std::uint32_t repeat =
      0;                    // how often the kernel runs the program; 0: once. Network programs only
  std::uint32_t flags = 0;  // BPF_F_TEST_* of <linux/bpf.h>
  std::optional<std::uint32_t> cpu{};  // the CPU that runs a raw tracepoint program. Linux 5.10
  std::uint32_t batch_size = 0;        // how many frames at a time, with BPF_F_TEST_XDP_LIVE_FRAMES
};

struct test_run_output {
  std::uint32_t returned = 0;  // what the program returned the last time
  // The mean time of a run, as the kernel measured it. Network programs only, else 0.
  std::chrono::nanoseconds duration{0};
  std::vector<std::uint8_t> data{};
  std::vector<std::uint8_t> context{};
};

// Runs a program of any type that the kernel can run: XDP, skb (tc, socket filter, cgroup_skb,
// lwt), flow dissector and tracing programs, and since later releases raw tracepoints (Linux 5.10),
// sk_lookup (5.13), syscall (5.14) and netfilter (6.4) programs. The error is ENOSPC, and names
// the room that is needed, when `data_room` is too small; the program has then run.
result<test_run_output> test_run(const program& tested, const test_run_input& input);

// What an XDP program returns (enum xdp_action of <linux/bpf.h>).
enum class xdp_action : std::uint32_t { aborted, drop, pass, tx, redirect };

// How run_xdp() runs a program.
struct xdp_run_options {
  std::uint32_t repeat = 1;  // how often; `duration` is then the mean
  // So many bytes at the beginning of `frame` are metadata, which the program finds between
  // data_meta and data: a multiple of 4, at most 252 (32 before Linux 6.8). Linux 5.15.
  std::uint32_t metadata = 0;
  // The interface and receive queue that the program sees. The interface must exist. Linux 5.15.
  // Without it the program sees the loopback device, and a receive queue is EINVAL.
  std::optional<network_interface> interface {};
  std::uint32_t receive_queue = 0;
};

struct xdp_run {
  xdp_action action = xdp_action::aborted;
  std::chrono::nanoseconds duration{0};  // mean time of one run
  // The frame behind the last run. With `metadata` it begins with the metadata that is left.
  std::vector<std::uint8_t> frame{};
  std::uint32_t metadata = 0;  // bytes of it; always 0 if the options ask for none
};

// Runs an XDP program on a frame that begins with its Ethernet header. Nothing is sent: `tx` and
// `redirect` are only returned. With `repeat`, each run gets the frame as the run before left it.
// Frames longer than a page (less 576 bytes) need a program with frags. Linux 4.12.
result<xdp_run> run_xdp(const program& tested, const std::vector<std::uint8_t>& frame,
                        const xdp_run_options& options = {});

// How send_xdp_frames() runs a program.
struct xdp_live_options {
  std::uint32_t count = 1;       // frames
  std::uint32_t batch_size = 0;  // frames at a time, at most 256; 0: the kernel takes 64
  // The interface and receive queue on which the frames seem to arrive. The interface must exist.
  std::optional<network_interface> interface {};
  std::uint32_t receive_queue = 0;
};

// Runs an XDP program on `count` copies of a frame and does what the program returns: `pass` gives
// the frame to the network stack, as if it came from the interface; `tx` and `redirect` send it.
// Each run gets a frame of its own, but a page that is used again keeps what an earlier run wrote.
// Returns the mean time of one frame. Linux 5.18.
result<std::chrono::nanoseconds> send_xdp_frames(const program& tested,
                                                 const std::vector<std::uint8_t>& frame,
                                                 const xdp_live_options& options = {});

// The members of __sk_buff that a caller can set for a run (convert___skb_to_skb() of the kernel's
// net/bpf/test_run.c), with their names there.
struct skb_context {
  std::uint32_t mark = 0;
  std::uint32_t priority = 0;
  std::uint32_t ingress_ifindex = 0;
  std::uint32_t ifindex = 0;  // this interface must exist; 0: the loopback device
  std::array<std::uint32_t, 5> cb{};
  std::uint64_t tstamp = 0;    // nanoseconds
  std::uint32_t wire_len = 0;  // bytes; 0: the length of the frame
  std::uint32_t gso_segs = 0;
  std::uint32_t gso_size = 0;  // bytes
  std::uint64_t hwtstamp = 0;  // nanoseconds. Linux 5.16
};

struct skb_run {
  std::uint32_t returned = 0;            // TC_ACT_* of a tc program
  std::chrono::nanoseconds duration{0};  // mean time of one run
  std::vector<std::uint8_t> frame{};     // behind the last run
  skb_context context{};                 // behind the last run; all 0 if none was given
};

// Runs an skb program (tc, socket filter, cgroup_skb, lwt) on a frame that begins with its Ethernet
// header. `repeat` is how often; each run gets the frame as the run before left it. Linux 4.12;
// with a context 5.2.
result<skb_run> run_skb(const program& tested, const std::vector<std::uint8_t>& frame,
                        std::uint32_t repeat = 1);
result<skb_run> run_skb(const program& tested, const std::vector<std::uint8_t>& frame,
                        const skb_context& context, std::uint32_t repeat = 1);

// Runs a raw_tp program with these arguments (`ctx->args[]`), on the given CPU if there is one.
// The kernel does not check the arguments: the program must not follow a pointer among them.
// Returns what the program returned. The error is ENXIO when the CPU does not exist or is off, and
// EINVAL when the program reads more arguments than there are. Linux 5.10.
result<std::int32_t> run_raw_tracepoint(const program& tested,
                                        const std::vector<std::uint64_t>& arguments,
                                        std::optional<std::uint32_t> cpu = {});

// Runs a SEC("syscall") program, which may sleep. It gets no context. Returns what it returned.
// Linux 5.14.
result<std::int32_t> run_syscall(const program& tested);

namespace detail {
result<std::int32_t> run_syscall_bytes(const program& tested, void* context, std::size_t size);
}

// The same with a context, at most 64 KiB, which the program may change. The error is EINVAL when
// the program accesses memory behind it.
template <class T>
result<std::int32_t> run_syscall(const program& tested, T& context) {
  static_assert(std::is_trivially_copyable_v<T>, "the kernel copies the context as bytes");
  return detail::run_syscall_bytes(tested, &context, sizeof(T));
}

}  // namespace ebpfkit
