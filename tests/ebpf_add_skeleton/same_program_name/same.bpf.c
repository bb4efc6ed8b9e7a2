int number = 13;
