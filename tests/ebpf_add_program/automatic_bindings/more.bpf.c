#include "vmlinux.h"
// Only the macro joins "struct file" and "_operations", so TYPES asks for the type.
#define RECORD(name) struct file_##name
int counter;
_Static_assert(sizeof(RECORD(operations)) > 64, "asked for by TYPES");
