#include "number.h"

struct sample {
  long inserted[NUMBER];
  int first;
  int second;
};
struct sample sample;
