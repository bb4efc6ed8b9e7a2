#ifndef EVENT_H
#define EVENT_H
struct event {
  int process;
  unsigned long long when;
};
#endif
