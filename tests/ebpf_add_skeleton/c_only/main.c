#include "prog.skel.h"

int main(void) {
  struct prog* skeleton = prog__open();
  int wrong = !skeleton || skeleton->data->counter != 3;
  prog__destroy(skeleton);
  return wrong;
}
