#include "prog.skel.hpp"

int main() {
  return watch::kernel::prog::open().value().data().initialised == 4 ? 0 : 1;
}
