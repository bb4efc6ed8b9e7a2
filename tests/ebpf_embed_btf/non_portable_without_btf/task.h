struct task {
  int pid;
};
