struct event {
  int process;
};

int counter = 3;
struct event last = {5};
