#include "own_record.h"

// As every kernel has it (include/linux/types.h).
struct hlist_node {
  struct hlist_node *next, **pprev;
};
