#include "vmlinux.h"
// "struct file" and "_operations" meet only here; TYPES asks for the type.
#define RECORD(name) struct file_##name
int counter;
_Static_assert(sizeof(RECORD(operations)) > 64, "asked for by TYPES");
