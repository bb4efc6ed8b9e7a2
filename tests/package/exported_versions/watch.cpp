#include "watch.hpp"

#include "prog.skel.hpp"

int number_of_library() {
  return ebpf::prog::open().value().data().number.value;
}
