#include "event.h"
#include "prog.skel.h"
#include "prog.skel.hpp"

int main() {
  prog_bpf__event of_c{};
  ebpf::prog::event of_cxx{};
  event own{};
  return of_c.process + of_cxx.process + own.process;
}
