#define HEADER_first 1
