static int values[100];
const char text[300] = "text";

int part(int value) {
  values[value % 100] = value;
  return values[1] + text[value % 300];
}
