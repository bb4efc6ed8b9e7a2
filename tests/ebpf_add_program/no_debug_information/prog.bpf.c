int counter;
const char text[] = "no debug information";
