struct sample {
  long inserted[LAYOUT];
  int first;
  int second;
  int MEMBER;
};
struct sample sample;
