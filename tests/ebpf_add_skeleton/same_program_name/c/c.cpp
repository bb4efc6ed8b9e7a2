#include "same.skel.hpp"

int number_of_c() {
  return ebpf::same::open().value().data().number;
}
