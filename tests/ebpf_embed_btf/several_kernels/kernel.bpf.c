struct sample {
#if LAYOUT == 2
  long inserted;
#endif
  int first;
  int second;
};
struct sample sample;
int unrelated_types_are_left_out[LAYOUT];
