#include "first.h"
#include "made.h"
#include "second.h"
#include "third.h"
_Static_assert(FIRST == 1 && SECOND == 2 && THIRD == 3 && FOURTH == 4 && OPTION == 5,
               "definitions");
_Static_assert(FROM_LIBRARY == 3 && MADE == 7, "linked library");
_Static_assert(sizeof(TEXT) == sizeof("two words"), "quoting");
int counter;
