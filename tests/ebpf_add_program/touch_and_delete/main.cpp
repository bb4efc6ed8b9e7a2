#include "prog.skel.h"
int main() {
  return 0;
}
