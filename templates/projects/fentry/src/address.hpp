// Addresses of connections as text.
#pragma once

#include <cstring>
#include <string>

#include "connections.skel.hpp"

// Returns "192.0.2.1:443".
inline std::string address_of(const ebpf::connections::connection& connection) {
  unsigned char bytes[sizeof(connection.address)];
  std::memcpy(bytes, &connection.address, sizeof(bytes));
  std::string text;
  for (const unsigned byte : bytes)
    text += (text.empty() ? "" : ".") + std::to_string(byte);
  return text + ':' + std::to_string(connection.port);
}
