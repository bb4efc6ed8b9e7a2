// No kernel has this type, so there is nothing to compare.
struct own_record {
  int number;
};
