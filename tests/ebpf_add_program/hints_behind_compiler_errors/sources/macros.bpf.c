#include "vmlinux.h"

int length = TASK_COMM_LENN;
int protocol = ETH_P_IP;
int family = AF_INET;
