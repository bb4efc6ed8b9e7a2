#include <cstring>
#include <string>

#include "event_text.hpp"

#include "expect.h"

int main() {
  ebpf::execs::event event{};
  event.process = 1234;
  event.user = 7;
  std::memcpy(event.command, "make", 5);
  EXPECT(event_text(event) == "1234 user 7 make");

  std::memcpy(event.command, "a\x1b[2J\xff", 7);
  EXPECT(event_text(event) == "1234 user 7 a?[2J?");

  // The longest name fills its array, without a zero behind it.
  std::memset(event.command, 'x', sizeof(event.command));
  EXPECT(event_text(event) == "1234 user 7 " + std::string(16, 'x'));
  return failures;
}
