#include "shared.h"
int second = SHARED;
