int number;
