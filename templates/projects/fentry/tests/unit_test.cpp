#include <cstring>

#include "address.hpp"

#include "expect.h"

int main() {
  ebpf::connections::connection connection{};
  EXPECT(address_of(connection) == "0.0.0.0:0");

  const unsigned char bytes[4] = {192, 0, 2, 255};
  std::memcpy(&connection.address, bytes, sizeof(bytes));
  connection.port = 443;
  EXPECT(address_of(connection) == "192.0.2.255:443");
  return failures;
}
