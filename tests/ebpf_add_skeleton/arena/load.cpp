#include <bpf/bpf.h>

#include <iostream>

#include "prog.skel.hpp"

int main() {
  auto opened = ebpf::prog::open().value();
  if (opened.arena().calls != 3 || opened.data().in_data != 7)
    return 2;
  opened.arena().calls = 4;
  opened.load().value();
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (bpf_prog_test_run_opts(opened.programs().count.fd(), &options) != 0)
    return 4;
  std::cout << "calls: " << opened.arena().calls << ", next: " << (opened.arena().first.next != 0)
            << std::endl;
}
