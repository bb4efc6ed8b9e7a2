struct event {
  int process;
};
