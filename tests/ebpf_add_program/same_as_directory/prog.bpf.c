#include "after.h"
#include "before.h"
#include "mcpu.h"
#if defined(LEAKED) || __has_include("leaked.h") || __has_include("leaked_too.h")
#error the directory reached the BPF compile
#endif
_Static_assert(BEFORE == 1 && AFTER == 1 && DEFERRED == 1 && BELOW == 1, "definitions");
_Static_assert(FROM_LIBRARY == 1, "linked library");
int number;
