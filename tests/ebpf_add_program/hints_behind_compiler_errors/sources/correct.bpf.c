int nothing(void* context) {
  return 0;
}
