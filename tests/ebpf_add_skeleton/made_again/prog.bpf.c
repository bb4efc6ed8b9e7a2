// Does not include event.h, so that only the skeleton depends on it.
struct event {
  int process;
};
struct event last;
