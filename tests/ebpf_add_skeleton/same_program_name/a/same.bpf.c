int number = 10;
