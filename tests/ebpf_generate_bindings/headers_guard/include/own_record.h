// No kernel has it: nothing to compare.
struct own_record {
  int number;
};
