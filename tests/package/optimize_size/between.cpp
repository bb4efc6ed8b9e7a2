// The linker must remove this function.
int removed_function(int value) {
  return value * 3;
}

int used_function() {
  return 0;
}
