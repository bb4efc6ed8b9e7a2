// The directory of libxdp's protocol in a BPF file system: its lock, and the pins of chains in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {

// "/sys/fs/bpf/xdp", or the directory `xdp` in what LIBXDP_BPFFS names.
std::string xdp_chain_directory();

// The pins of the chain of one interface in the calling thread's network namespace. While the
// object lives, it holds the lock of the directory, which others wait for.
//
// The pins of a dispatcher are in the directory dispatch-<interface>-<id of the dispatcher>, as
// libxdp wants it. Before a change exchanges the dispatcher, it gives both directories a name that
// begins with "ebpfkit-" and has the number of the network namespace, because interfaces of two
// namespaces can have the same number. settle() gives the directory of the attached dispatcher its
// name and removes all others with such names. It so ends a change that succeeded, a change that
// failed, and a change whose process was killed.
class xdp_chain_pins {
 public:
  explicit xdp_chain_pins(unsigned interface);

  // Takes the lock; waits while another process has it. Makes the directory if `make` is true.
  // Returns 0 or an errno: ENOENT when there is no directory, EPERM.
  int lock(bool make);

  // `attached` is the id of the program that is attached to the interface; 0: none.
  void settle(std::uint32_t attached) const;

  // The pinned program with this number in the order of the chain.
  unique_fd open_program(std::uint32_t dispatcher, std::size_t number) const;

  // Makes the directory of a dispatcher that is not attached.
  int make_unsettled(std::uint32_t dispatcher) const;

  // Pins a program and its link in that directory. Returns 0 or an errno.
  int pin(std::uint32_t dispatcher, std::size_t number, int program_fd, int link_fd) const;

  // Renames the directory of the attached dispatcher. Returns 0 or an errno.
  int unsettle(std::uint32_t dispatcher) const;

  // dispatch-<interface>-<dispatcher>, with the directory.
  std::string path_of(std::uint32_t dispatcher) const;

 private:
  std::string unsettled_path_of(std::uint32_t dispatcher) const;

  unsigned interface_;
  std::string directory_;
  std::string unsettled_prefix_;
  unique_fd lock_{};
};

}  // namespace ebpfkit::detail
