int number = 11;
