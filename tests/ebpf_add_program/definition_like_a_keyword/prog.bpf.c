#include "header.h"

#if !defined(TYPE) || MCPUS != 1 || !defined(IN_DIRECTORY)
#error "a value was lost"
#endif

char LICENSE[] __attribute__((section("license"), used)) = "GPL";
