#include "own_record.h"

// The layout that every kernel has (include/linux/types.h).
struct hlist_node {
  struct hlist_node *next, **pprev;
};
