// Several XDP programs on one network interface, one after the other by priority.
//
// The kernel runs one XDP program at an interface. This is a dispatcher, which calls the programs
// of the chain: each is an freplace program in the place of one function of the dispatcher. The
// chain is the one of libxdp (the xdp-tools project), by version 2 or 3 of its protocol
// (lib/libxdp/protocol.org). So programs that libxdp or xdp-loader attached stay, and those of
// EbpfKit appear in `xdp-loader status`. Programs of several processes share the chain.
//
//   auto member = ebpfkit::xdp_chain_program::prepare(packets.programs().filter).value();
//   packets.load().value();
//   ebpfkit::xdp_chain_options options;
//   options.priority = 20;
//   auto attached = member.attach("eth0", options).value();
//
// How it works: each change makes a new dispatcher, attaches all programs of the chain to it, pins
// them in /sys/fs/bpf/xdp/dispatch-<interface>-<dispatcher> and exchanges the dispatcher of the
// interface in one step. So each packet meets the whole chain of before or of after the change: the
// links of the former dispatcher go when no packet runs in it any more (membarrier(2)). A
// lock (flock() on /sys/fs/bpf/xdp) keeps others out meanwhile, also libxdp. While a change is not
// finished, the names of its directories begin with "ebpfkit-": when the process is killed, the
// next change of the interface's chain finishes or removes them. LIBXDP_BPFFS in the environment
// names another BPF file system than /sys/fs/bpf, except for programs that run with more rights
// than their user. The runtime writes the dispatcher as instructions, with BTF: it needs no
// compiler and no file at run time. It has as many functions as the chain has programs. The calls
// cost a few nanoseconds a packet.
//
// Linux 5.10, on a CPU where the kernel can replace functions of BPF programs (x86-64; arm64 since
// 6.0). The calling thread must be in the network namespace of the interface, also when a link is
// destroyed. Only what makes or changes a chain brings this code into an application.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/test_run.hpp"

namespace ebpfkit {

// The chain of one interface has at most so many programs.
inline constexpr unsigned most_xdp_chain_programs = 10;

struct xdp_chain_options {
  // The program with the lowest priority runs first. Those of the same priority run by name, and
  // those of the same name too: the older one first. libxdp takes 50 where nothing is said.
  std::uint32_t priority = 50;

  // When the program returns one of these, the next program of the chain runs. Any other action is
  // that of the chain. Behind the last program, the packet passes.
  std::vector<xdp_action> continue_on{xdp_action::pass};

  // Where the chain runs. `automatic` takes the mode of the chain that is there; another mode than
  // that is an error (EBUSY). A chain cannot be offloaded (EINVAL).
  xdp_mode mode = xdp_mode::automatic;

  // The version of libxdp's protocol of a chain that is new: 2 or 3. A chain that is there keeps
  // its version. Every libxdp from 1.3 on lists programs in chains of version 2. libxdp 1.6 adds
  // programs only to chains of version 3, which older ones refuse to read. Both versions are the
  // same for EbpfKit.
  unsigned protocol = 2;

  // The id of a program of the chain that leaves in the same step: that of an earlier version, for
  // instance. 0: none.
  std::uint32_t replaces = 0;
};

// A program of a chain. Destruction takes it out of the chain, and the last one removes the
// dispatcher. When the process is killed, or after release(), it stays in the chain. Move-only.
class [[nodiscard]] xdp_chain_link {
 public:
  ~xdp_chain_link();
  xdp_chain_link(xdp_chain_link&& other) noexcept;
  xdp_chain_link& operator=(xdp_chain_link&& other) noexcept;
  xdp_chain_link(const xdp_chain_link&) = delete;
  xdp_chain_link& operator=(const xdp_chain_link&) = delete;

  // Takes the program out of the chain; the link is empty afterwards. Does nothing when it is
  // empty. Errors: those of detach_from_xdp_chain(); the link then keeps the program.
  result<void> detach();

  // Leaves the program in the chain, and empties the link.
  void release() noexcept { program_id_ = 0; }

  explicit operator bool() const noexcept { return program_id_ != 0; }

  // The kernel's ids of the interface and the program; the latter is 0 when the link is empty.
  unsigned interface_index() const noexcept { return interface_; }
  std::uint32_t program_id() const noexcept { return program_id_; }

 private:
  friend class xdp_chain_program;
  xdp_chain_link(unsigned interface, std::uint32_t program_id) noexcept
      : interface_(interface), program_id_(program_id) {}

  unsigned interface_;
  std::uint32_t program_id_;
};

// An XDP program that load() loads for chains. Move-only. It must live until load() returns, and is
// valid as long as the object of the program.
class [[nodiscard]] xdp_chain_program {
 public:
  ~xdp_chain_program();
  xdp_chain_program(xdp_chain_program&& other) noexcept;
  xdp_chain_program& operator=(xdp_chain_program&& other) noexcept;
  xdp_chain_program(const xdp_chain_program&) = delete;
  xdp_chain_program& operator=(const xdp_chain_program&) = delete;

  // Call it before load(), for a program of SEC("xdp") or SEC("xdp.frags"). It must be a function
  // `int name(struct xdp_md*)` with BTF. The program then runs in chains only: attach_xdp() refuses
  // it, and attach() of the object skips it. Errors: EBUSY after load(); EINVAL for a program of
  // another type; EPERM; what the kernel says when it cannot load a dispatcher.
  static result<xdp_chain_program> prepare(const program& member);

  // Puts the loaded program into the chain of the interface, and makes the chain if there is none.
  // One program can be in the chains of several interfaces. Errors:
  // EBADF: the program is not loaded. ENODEV: there is no such interface.
  // EBUSY: an XDP program that is no dispatcher is attached there (the error names it), or the
  //   chain runs in another mode, or somebody changes it again and again.
  // EEXIST: the program is in the chain. ENOSPC: the chain has ten programs.
  // ENOENT: the program of `replaces` is not in the chain, or the pins of the chain are not there.
  // EPROTONOSUPPORT: the dispatcher is of another version of the protocol.
  // EINVAL: the kernel has no freplace programs, `continue_on` has a wrong action, `protocol` is
  //   another version than 2 and 3; EOPNOTSUPP, ERANGE: the driver refuses the dispatcher. If any
  //   program of the chain has no frags, the dispatcher has none, and drivers refuse it for large
  //   MTUs. EOPNOTSUPP also where libxdp has bound the chain's programs to the device.
  // After an error, the chain is as it was.
  result<xdp_chain_link> attach(const network_interface& interface,
                                const xdp_chain_options& options = {});

 private:
  xdp_chain_program(const program& member, int target, bool has_fragments) noexcept
      : member_(member), target_(target), has_fragments_(has_fragments) {}

  program member_;
  int target_;  // load() needs a dispatcher whose function the program could replace
  bool has_fragments_;
};

// A program of a chain, whoever attached it.
struct xdp_chain_entry {
  std::uint32_t program_id = 0;
  std::string name{};                     // at most 15 characters, as the kernel keeps it
  std::uint32_t priority = 0;             // see xdp_chain_options
  std::vector<xdp_action> continue_on{};  // only the actions that xdp_action has
  bool has_fragments = false;             // the program can handle frames of several buffers
};

// The programs of the chain of an interface; the first one runs first. Empty when no XDP program
// is attached. Errors: EBUSY, ENODEV, ENOENT, EPROTONOSUPPORT as in xdp_chain_program::attach();
// EPERM.
result<std::vector<xdp_chain_entry>> xdp_chain_programs(const network_interface& interface);

// Takes the program with this id out of the chain, whoever attached it. The last program takes the
// dispatcher with it. Returns false when the program is not in the chain, or when there is no
// chain. Errors: as above, and those of making a dispatcher.
result<bool> detach_from_xdp_chain(const network_interface& interface, std::uint32_t program_id);

}  // namespace ebpfkit
