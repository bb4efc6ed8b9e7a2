#include "own/vmlinux.h"

number count = 1;
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
