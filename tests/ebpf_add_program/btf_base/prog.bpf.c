#include "vmlinux.h"
int read_number(struct device_state* state) {
  return state->part.number;
}
