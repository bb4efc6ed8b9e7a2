int first = 1;
