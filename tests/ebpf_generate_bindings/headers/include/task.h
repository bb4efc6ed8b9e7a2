typedef unsigned long ticks;

struct task {
#ifdef WITH_STATE
  long state;
#endif
  int pid;
  ticks started;
};
