#include "own_record.h"

// As no kernel has it.
struct task_struct {
  int moved[3];
  int tgid;
};
