#define ONLY_FIRST 1
