#include "vmlinux.h"
#include "bpf_helpers.h"
