#include "keywords.h"

#define MAP(word)          \
  struct {                 \
    int (*type)[2];        \
    int (*max_entries)[1]; \
    u32* key;              \
    u32* value;            \
  } word SEC(".maps");
KEYWORDS(MAP)
