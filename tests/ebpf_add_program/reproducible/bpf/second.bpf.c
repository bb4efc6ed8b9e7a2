#include <triple.h>
int second_counter;
int second(void) {
  return triple(second_counter++);
}
