// Stands in for glibc's file of 64-bit PowerPC with the old ABI. See stubs-32.h.
