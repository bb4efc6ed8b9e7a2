int number = 12;
