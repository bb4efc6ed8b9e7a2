#define HEADER_third 1
