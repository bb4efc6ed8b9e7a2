struct task_struct {
  long state;
  int pid;
  unsigned padding : 2, flag : 5, other : 7;
  unsigned long long : 20, wide : 40;
};
struct task_struct* task;
