struct sample {
  int first;
  int second;
};
struct sample sample;
