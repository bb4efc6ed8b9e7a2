#include <cstring>
#include <string>

#include "process_text.hpp"

#include "expect.h"

int main() {
  ebpf::exits::process process{};
  process.age = 57999999;
  process.number = 1234;
  process.parent = 1;
  std::memcpy(process.command, "make", 5);
  EXPECT(process_text(process) == "1234 of 1 ran 57 ms: make");

  std::memcpy(process.command, "a\x1b[2J", 6);
  EXPECT(process_text(process) == "1234 of 1 ran 57 ms: a?[2J");

  // The longest name fills its array, without a zero behind it.
  std::memset(process.command, 'x', sizeof(process.command));
  EXPECT(process_text(process) == "1234 of 1 ran 57 ms: " + std::string(16, 'x'));
  return failures;
}
