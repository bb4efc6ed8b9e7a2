#include "libc_headers.h"

#include "prog.skel.h"

prog_bpf* open_with_the_c_interface();
prog_bpf* open_with_the_c_interface() {
  return prog_bpf::open();
}
