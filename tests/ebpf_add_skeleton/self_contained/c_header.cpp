#include "prog.skel.h"

prog* open_with_the_c_interface();
prog* open_with_the_c_interface() {
  return prog::open();
}
