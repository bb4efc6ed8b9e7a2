#include "event.h"
struct event last;
int counter = 1;
