#include "prog.skel.hpp"

int main() {
  return 0;
}
