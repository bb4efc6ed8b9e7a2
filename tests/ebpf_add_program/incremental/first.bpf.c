#include "shared.h"
#include "only_first.h"
int first = SHARED + ONLY_FIRST;
