#include <string>

#include "port_counts.hpp"

#include "connects.skel.hpp"
#include "expect.h"

int main() {
  EXPECT(port_counts({}).empty());
  EXPECT(port_counts({{443, 2}, {22, 1}}) == "port 22: 1 connection\nport 443: 2 connections\n");

  // The object opens without root.
  auto connects = ebpf::connects::open().value();
  EXPECT(connects.maps().ports.name() == std::string("ports"));
  return failures;
}
