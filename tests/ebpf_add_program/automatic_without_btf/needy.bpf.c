#include "vmlinux.h"
int counter;
