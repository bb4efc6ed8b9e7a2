#ifndef __TARGET_ARCH_mips
#error architecture
#endif
int second = 2;
