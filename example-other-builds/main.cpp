// exec-count COMMAND: runs the command and says how many programs the system started meanwhile.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "execs.skel.h"

struct destroy_skeleton {
  void operator()(execs_bpf* skeleton) const { execs_bpf__destroy(skeleton); }
};

int main(int argc, char** argv) {
  const std::unique_ptr<execs_bpf, destroy_skeleton> execs(execs_bpf__open_and_load());
  if (!execs || execs_bpf__attach(execs.get()) != 0) {
    std::perror("exec-count");
    return 1;
  }
  const int status = std::system(argc > 1 ? argv[1] : "true");
  std::cout << execs->bss->execs << " programs started\n";
  return status == 0 ? 0 : 1;
}
