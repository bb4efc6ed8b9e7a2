#include "keywords.h"

#define PROGRAM(word)       \
  SEC("socket")             \
  int word(void* context) { \
    return 0;               \
  }
KEYWORDS(PROGRAM)

char LICENSE[] SEC("license") = "GPL";
