// What the guest sends (src/guest/channel.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::host {

struct guest_frame {
  std::string type;
  unsigned number = 0;
  std::string content;
};

// Reads frames from bytes that come piece by piece. Bytes that belong to no frame of this nonce are
// passed over: a program in the machine can write to the port as well.
class frame_reader {
 public:
  explicit frame_reader(std::string nonce) : begin_("ebpfkit " + std::move(nonce) + " ") {}

  // Returns the frames that are complete now.
  std::vector<guest_frame> add(std::string_view bytes);

 private:
  bool take_frame(guest_frame& frame);

  std::string begin_;
  std::string bytes_;
  std::size_t searched_ = 0;
};

}  // namespace ebpfkit::host
