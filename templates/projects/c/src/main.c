/* THE_NAME [SECONDS]: counts the programs that all processes start meanwhile (default: 10 seconds).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "execs.skel.h"
#include "options.h"

int main(int argc, char** argv) {
  const unsigned seconds = argc > 1 ? seconds_of(argv[1]) : 10;
  if (seconds == 0) {
    fprintf(stderr, "usage: THE_NAME [SECONDS]\n");
    return 2;
  }
  struct execs_bpf* execs = execs_bpf__open_and_load();
  if (!execs) {
    fprintf(stderr, "THE_NAME: cannot load the program: %s\n", strerror(errno));
    return 1;
  }
  const int error = execs_bpf__attach(execs);
  if (error) {
    fprintf(stderr, "THE_NAME: cannot attach the program: %s\n", strerror(-error));
    execs_bpf__destroy(execs);
    return 1;
  }
  sleep(seconds);
  printf("%llu programs started\n", (unsigned long long)execs->bss->execs);
  execs_bpf__destroy(execs);
  return 0;
}
