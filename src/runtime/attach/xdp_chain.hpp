// The chain of one interface as it is now, and how it is exchanged for another one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../system/unique_fd.hpp"
#include "ebpfkit/xdp_chain.hpp"
#include "xdp_chain_pins.hpp"
#include "xdp_dispatcher.hpp"

namespace ebpfkit::detail {

// Why a step failed. It holds no error while `code` is 0.
struct xdp_chain_failure {
  int code = 0;  // a positive errno
  std::string remedy{};
  std::string verifier_log{};

  explicit operator bool() const noexcept { return code != 0; }
};

struct xdp_chain_member {
  unique_fd program{};
  std::uint32_t id = 0;
  std::string name{};
  std::uint32_t priority = 0;
  std::uint32_t actions = 0;  // a bit for each action after which the next program runs
  std::uint32_t flags = 0;    // BPF_F_XDP_HAS_FRAGS or 0
};

// Puts the member among the others: by priority, then by name, then behind those that are there.
void insert_by_priority(std::vector<xdp_chain_member>& members, xdp_chain_member added);

// The settings of a dispatcher for these members.
xdp_dispatcher_settings settings_of(const std::vector<xdp_chain_member>& members);

// The chain of an interface. It holds the lock of the pins as long as it lives.
class xdp_chain {
 public:
  explicit xdp_chain(const network_interface& interface);

  // Takes the lock, ends a change whose process was killed, and reads what is attached. `change`:
  // makes the directory of the pins if there is none.
  xdp_chain_failure open(bool change);

  // The members of the chain that is attached; the caller changes them and calls exchange().
  std::vector<xdp_chain_member>& members() noexcept { return members_; }

  // The id of the dispatcher that is attached; 0: none.
  std::uint32_t dispatcher() const noexcept { return attached_; }

  // What the caller asks for must be what is attached, if something is. Sets the flags of a chain
  // that is new.
  xdp_chain_failure choose_mode(xdp_mode mode);

  // Sets the version of the protocol of a chain that is new. EINVAL for an unknown version.
  xdp_chain_failure choose_protocol(unsigned version);

  // Makes a dispatcher for the members and puts it in the place of the attached one, in one step;
  // removes that one if there are no members. After a failure, everything is as it was. When
  // somebody else has changed what is attached, has_changed() is true afterwards.
  xdp_chain_failure exchange();
  bool has_changed() const noexcept { return has_changed_; }

 private:
  xdp_chain_failure read_members(const xdp_dispatcher_settings& settings);
  xdp_chain_failure pin_members(const loaded_xdp_dispatcher& made, std::uint32_t id);
  xdp_chain_failure put_in_place(int new_fd);

  const network_interface& interface_;
  unsigned index_;
  xdp_chain_pins pins_;
  std::uint32_t attached_ = 0;  // the id of the dispatcher; 0: none
  unique_fd dispatcher_{};
  unsigned mode_flags_ = 0;
  std::uint8_t protocol_ = 2;
  bool is_device_bound_ = false;
  bool has_changed_ = false;
  std::vector<xdp_chain_member> members_{};
};

}  // namespace ebpfkit::detail
