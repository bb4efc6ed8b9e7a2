// What the guest tells the host: frames on a port of their own, or in a file.
#pragma once

#include <string>
#include <string_view>

namespace ebpfkit::guest {

// Writes frames: "ebpfkit NONCE TYPE NUMBER LENGTH\n", LENGTH bytes, "\n". The host reads them with
// src/machine/frames.hpp. Kernel messages go to another port, and the nonce tells the frames of
// this run from whatever else a program writes to the port.
class channel {
 public:
  // Opens the port or file `path`. The path "debugcon" is QEMU's device isa-debugcon of x86
  // machines: to open a serial port takes Linux a third of a second in an emulated machine. Ends
  // the process when that fails: nobody could be told.
  channel(const char* path, std::string nonce);
  ~channel();
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  void send(std::string_view type, unsigned number, std::string_view content);

  // Waits until the port has sent everything. A machine that stops earlier loses the end.
  void drain();

 private:
  void write_all(std::string_view bytes);

  int descriptor_ = -1;  // negative: debugcon
  std::string nonce_;
};

}  // namespace ebpfkit::guest
