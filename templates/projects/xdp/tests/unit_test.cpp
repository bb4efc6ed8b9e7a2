#include "report.hpp"

#include "expect.h"

int main() {
  EXPECT(report(6, {12, 3456}) == "TCP: 12 packets, 3456 bytes");
  EXPECT(report(0, {}) == "other: 0 packets, 0 bytes");
  EXPECT(protocol_name(58) == "ICMPv6");
  EXPECT(protocol_name(132) == "protocol 132");
  return failures;
}
