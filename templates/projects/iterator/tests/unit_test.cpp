#include <algorithm>
#include <cstring>

#include "thread_counts.hpp"

#include "expect.h"

static ebpf::tasks::task task(unsigned process, unsigned thread, const char* command) {
  ebpf::tasks::task made{};
  made.process = process;
  made.thread = thread;
  std::memcpy(made.command, command, std::min(std::strlen(command), sizeof(made.command)));
  return made;
}

int main() {
  EXPECT(name_of(task(1, 1, "a\x1b[2J")) == "a?[2J");
  EXPECT(thread_counts({}).empty());
  const auto counts = thread_counts(
      {task(1, 1, "init"), task(7, 7, "a name of 16 byt"), task(7, 8, "a name of 16 byt")});
  EXPECT(counts.size() == 2);
  EXPECT(counts[0].first == "a name of 16 byt" && counts[0].second == 2);
  EXPECT(counts[1].first == "init" && counts[1].second == 1);
  return failures;
}
