// Links the examples. None of them runs.
int main() {
  return 0;
}
