int number = FIRST + SECOND;
