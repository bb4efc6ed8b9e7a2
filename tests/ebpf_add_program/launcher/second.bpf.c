int second = 2;
