// The application's own header comes before the macros, so that its type has the plain names.
#include "reading.h"

#include "libc_headers.h"

#include "prog.skel.hpp"

int main() {
  auto skeleton = sharing::prog::open();
  return skeleton.has_value() ? 0 : 1;
}
