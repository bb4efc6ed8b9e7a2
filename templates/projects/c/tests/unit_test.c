#include "options.h"

#include "execs.skel.h"
#include "expect.h"

int main(void) {
  EXPECT(seconds_of("10") == 10);
  EXPECT(seconds_of("86400") == 86400);
  EXPECT(seconds_of("86401") == 0);
  EXPECT(seconds_of("-1") == 0);
  EXPECT(seconds_of(" 1") == 0);
  EXPECT(seconds_of("1s") == 0);
  EXPECT(seconds_of("") == 0);

  /* The object opens without root. */
  struct execs_bpf* execs = execs_bpf__open();
  EXPECT(execs != NULL && execs->bss->execs == 0);
  execs_bpf__destroy(execs);
  return failures;
}
