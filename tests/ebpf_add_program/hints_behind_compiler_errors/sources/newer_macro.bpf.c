int uses_macro(void* context) {
  return bpf_repeat(10);
}
