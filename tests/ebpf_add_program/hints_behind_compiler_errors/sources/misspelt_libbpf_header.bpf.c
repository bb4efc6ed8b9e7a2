#include "vmlinux.h"
#include <bpf/bpf_tracin.h>
