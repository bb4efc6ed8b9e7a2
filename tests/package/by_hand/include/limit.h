static const unsigned int limit = LIMIT;
