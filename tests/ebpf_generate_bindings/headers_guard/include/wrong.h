#include "own_record.h"

// A layout that no kernel has.
struct task_struct {
  int moved[3];
  int tgid;
};
