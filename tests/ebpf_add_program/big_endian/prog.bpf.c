#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#ifndef __TARGET_ARCH_mips
#error architecture
#endif
#else
#ifndef __TARGET_ARCH_arm64
#error architecture
#endif
#endif
int counter = 1;
