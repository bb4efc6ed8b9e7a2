int counter = 3;
int twice(void) {
  return 2 * counter;
}
