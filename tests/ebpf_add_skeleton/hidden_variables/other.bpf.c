#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__hidden int shared_count;
