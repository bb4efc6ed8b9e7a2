#ifdef LEAKED
#error a host definition reached the BPF compile
#endif
#if __has_include("probe.h")
#error a host include directory reached the BPF compile
#endif
#if defined(__SSP__) || defined(__SSP_STRONG__) || defined(__CET__) || defined(__PIC__)
#error hardening reached the BPF compile
#endif
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#error a sanitizer reached the BPF compile
#endif
#if __STDC_VERSION__ < 199901L
#error the host's C standard reached the BPF compile
#endif
int counter;
