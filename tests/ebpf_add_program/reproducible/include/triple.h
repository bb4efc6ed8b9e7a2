static __attribute__((noinline)) int triple(int value) {
  return value * 3;
}
