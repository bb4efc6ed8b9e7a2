#define MCPU_HEADER 1
