int unused_function(int value) {
  return value * 7;
}
