#include <THE_NAME/packet_counter.hpp>

#include <exception>
#include <string>
#include <utility>

#include "expect.h"

// What the constructor says when it fails, or an empty text.
static std::string error_of(const char* network_interface) {
  try {
    THE_NAME::packet_counter counter(network_interface);
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

int main() {
  // Without the right to load programs the error tells that, else it names the interface.
  EXPECT(!error_of("no interface").empty());

  // Where programs may be loaded, the counter counts.
  if (error_of("lo").empty()) {
    EXPECT(error_of("no interface").find("no interface") != std::string::npos);
    THE_NAME::packet_counter counter("lo");
    const auto moved = std::move(counter);
    EXPECT(moved.total().bytes >= moved.total().packets);
  }
  return failures;
}
