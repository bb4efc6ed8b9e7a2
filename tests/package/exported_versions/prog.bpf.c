int number = NUMBER;
