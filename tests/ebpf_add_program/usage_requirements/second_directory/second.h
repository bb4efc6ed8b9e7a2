#define HEADER_second 1
