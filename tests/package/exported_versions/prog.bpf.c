#include "include/number.h"

struct number number = {NUMBER};
