char text[] = {NUMBER, NUMBER, NUMBER, 0};
const volatile int number = NUMBER;
