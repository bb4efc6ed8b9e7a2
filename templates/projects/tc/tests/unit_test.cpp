#include "port.hpp"

#include "expect.h"
#include "port_guard.skel.hpp"

int main() {
  EXPECT(port_of("443") == 443);
  EXPECT(port_of("65535") == 65535);
  EXPECT(!port_of("0"));
  EXPECT(!port_of("65536"));
  EXPECT(!port_of("-1"));
  EXPECT(!port_of("80x"));
  EXPECT(!port_of(""));

  // The object opens without root, and its globals can be set before it is loaded.
  auto guard = ebpf::port_guard::open().value();
  EXPECT(guard.rodata().blocked_port == 0);
  guard.rodata().blocked_port = *port_of("443");
  EXPECT(guard.rodata().blocked_port == 443);
  return failures;
}
