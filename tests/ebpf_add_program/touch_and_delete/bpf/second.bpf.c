int second_counter;
int second(void) {
  return second_counter++;
}
