int value;

int program(void* context) {
  return value;
}
