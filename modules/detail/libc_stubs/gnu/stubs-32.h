// glibc's <gnu/stubs.h> includes one of these files for the ABI that the compiler's macros tell. A
// BPF compile has no macro of the target's CPU, so glibc takes the ABI for another one (32-bit on
// x86 and s390), whose file is often not installed. The file lists only functions that glibc lacks
// for the ABI. BPF programs call none of them, so an empty file does.
