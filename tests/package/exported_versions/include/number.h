#ifndef NUMBER_H
#define NUMBER_H
struct number {
  int value;
};
#endif
