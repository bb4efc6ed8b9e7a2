// Stands in for glibc's file of ARM without a floating-point unit. See stubs-32.h.
