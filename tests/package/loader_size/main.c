int part(int value);
#ifdef MORE
int more[MORE] = {1};
#endif

int main(int count, char** arguments) {
  (void)arguments;
#ifdef MORE
  count += more[count];
#endif
  return part(count) != 0;
}
